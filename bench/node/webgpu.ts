/**
 * Installs in plain Node what a browser's worker has: WebGPU, from Dawn. Call it before tfjs is imported, which looks for a GPU
 * while it loads. Dawn uses the first adapter of Vulkan (Metal, D3D12); VK_DRIVER_FILES or VK_ICD_FILENAMES selects another.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';

/** The exports of the npm package `webgpu`, and of the file it loads. */
interface Dawn {
  create(options: string[]): GPU;
  globals: object;
}

/** Throws if neither the package `webgpu` nor the file $DAWN_NODE (for machines without node_modules) is available. */
export async function startWebGpu(): Promise<void> {
  const { create, globals } = await loadDawn();
  Object.assign(globalThis, globals);
  // Node 20 has no `navigator`; later versions have one that cannot be assigned to.
  Object.defineProperty(globalThis, 'navigator', {
    configurable: true,
    value: { gpu: create([]), hardwareConcurrency: availableParallelism(), userAgent: 'Node.js' },
  });
  // Makes tfjs take its browser code paths; its Node code paths call `require`, which an ES module lacks.
  Object.assign(globalThis, { WorkerGlobalScope: class {} });
}

async function loadDawn(): Promise<Dawn> {
  const file = process.env.DAWN_NODE;
  return file ? createRequire(import.meta.url)(file) : await import('webgpu');
}
