/**
 * Gives plain Node what a browser's worker has: WebGPU, from Dawn. To be called before tfjs is imported, which looks for a
 * GPU while it loads. The adapter is Vulkan's (Metal's, D3D12's) first; VK_DRIVER_FILES or VK_ICD_FILENAMES chooses another.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';

/** What the npm package `webgpu` exports, and the file it loads. */
interface Dawn {
  create(options: string[]): GPU;
  globals: object;
}

/** Throws where there is neither the package `webgpu` nor, on a machine without node_modules, the file $DAWN_NODE. */
export async function startWebGpu(): Promise<void> {
  const { create, globals } = await loadDawn();
  Object.assign(globalThis, globals);
  // Node 20 has no navigator, later ones have one that cannot be assigned to.
  Object.defineProperty(globalThis, 'navigator', {
    configurable: true,
    value: { gpu: create([]), hardwareConcurrency: availableParallelism(), userAgent: 'Node.js' },
  });
  // With it tfjs takes the browser's ways: without it, it asks for a `require` that a module does not have.
  Object.assign(globalThis, { WorkerGlobalScope: class {} });
}

async function loadDawn(): Promise<Dawn> {
  const file = process.env.DAWN_NODE;
  return file ? createRequire(import.meta.url)(file) : await import('webgpu');
}
