/**
 * Chooses and starts the tensor backend: WebGPU on a hardware GPU, else WebAssembly, which is 20–40 times faster than WebGPU on a
 * software adapter. The user can force either.
 */
import * as tf from '@tensorflow/tfjs';
import { type BackendWasm, getThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import type { BackendChoice, BackendName, EngineInfo, EngineLimits } from './core/engine';
import { UserError } from './core/user-error';
import { health } from './engine-health';
import { guardHeap, type Heap } from './guarded-heap';
import { isSoftwareAdapter } from './ops/webgpu/device-programs';
import { computeOn } from './webgpu-device';

interface Adapter {
  gpu: GPUAdapter;
  name: string;
  hardware: boolean;
}

/**
 * Starts the backend chosen by `choice`, with a new device if the previous one failed. Throws `UserError` if WebGPU is forced but
 * not available.
 */
export async function startBackend(choice: BackendChoice): Promise<EngineInfo> {
  const adapter = await webgpuAdapter();
  const { backend, reason } = choose(choice, adapter);
  if (backend === 'webgpu' && adapter) await startWebgpu(adapter.gpu);
  else await startWasm();
  await tf.ready();
  return {
    backend,
    choice,
    adapter: adapter?.name ?? null,
    hardware: backend === 'webgpu' && adapter?.hardware === true,
    reason,
    threads: backend === 'wasm' ? getThreadsCount() : 0,
    isolated: globalThis.crossOriginIsolated,
    precision: choice === 'webgpu-half' ? 'half' : 'single',
    limits: backend === 'webgpu' && adapter ? webgpuLimits(adapter.gpu.limits) : WASM_LIMITS,
  };
}

async function startWebgpu(adapter: GPUAdapter): Promise<void> {
  const started = await computeOn(adapter).catch((error: unknown) => {
    console.warn(error);
    return false;
  });
  if (!started) {
    throw new UserError(
      'WebGPU could not be started on this device. Choose WebAssembly in the engine panel.',
    );
  }
}

async function startWasm(): Promise<void> {
  configureWasm();
  health.reset(null);
  if (!(await tf.setBackend('wasm'))) {
    throw new UserError(
      'WebAssembly could not be started in this browser. A current Chrome, Edge, Firefox or Safari is needed.',
    );
  }
  // The wasm backend was set above; its types omit the module's allocator.
  guardHeap((tf.backend() as BackendWasm).wasm as unknown as Heap);
}

function choose(choice: BackendChoice, adapter: Adapter | null): { backend: BackendName; reason: string } {
  if (choice === 'wasm') return { backend: 'wasm', reason: 'You chose WebAssembly: it runs on the CPU.' };
  if (choice === 'webgpu' || choice === 'webgpu-half') {
    if (!adapter) {
      throw new UserError(
        'This browser offers no GPU adapter. Choose WebAssembly, or a browser with WebGPU.',
      );
    }
    return {
      backend: 'webgpu',
      reason: adapter.hardware
        ? 'You chose WebGPU: it runs on the GPU.'
        : 'You chose WebGPU, but the GPU adapter is software: it runs on the CPU, and slower than WebAssembly.',
    };
  }
  if (adapter?.hardware) return { backend: 'webgpu', reason: 'A hardware GPU was found.' };
  return {
    backend: 'wasm',
    reason: adapter
      ? 'The only GPU adapter is software, so WebAssembly on the CPU is faster.'
      : 'This browser offers no GPU adapter, so WebAssembly runs on the CPU.',
  };
}

async function webgpuAdapter(): Promise<Adapter | null> {
  const gpu = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!gpu) return null;
  const { vendor, architecture, device, description } = gpu.info;
  const name = description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter';
  // Older browsers report it on the adapter, newer ones in its info.
  const fallback = 'isFallbackAdapter' in gpu && gpu.isFallbackAdapter === true;
  return {
    gpu,
    name,
    hardware: !fallback && !isSoftwareAdapter(gpu.info),
  };
}

function configureWasm(): void {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': threaded,
  });
}

/**
 * About half of the 4 GiB that a wasm heap can have: tfjs' allocator fragments the heap, and XNNPACK keeps a repacked copy of
 * every kernel that tfjs does not count.
 */
const WASM_LIMITS: EngineLimits = { budget: 2e9, buffer: 2e9 };

/**
 * The default memory budget and largest buffer of a GPU, in bytes. An adapter does not report its memory. Its largest buffer is a
 * hint: phones and old integrated GPUs report the minimum of 256 MiB. Smaller micro-batches cost little, but running out of memory
 * ends a run, so the default is conservative: four such buffers, at most 2 GB, and at most half of the main memory, which most
 * GPUs share. The user can set another budget.
 */
export function webgpuLimits({
  maxBufferSize,
  maxStorageBufferBindingSize,
}: Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>): EngineLimits {
  return {
    budget: Math.min(4 * maxBufferSize, 2e9, deviceMemory() / 2),
    buffer: Math.min(maxBufferSize, maxStorageBufferBindingSize),
  };
}

/** Main memory in bytes, as rounded by the browser; Infinity if the browser does not report it. */
function deviceMemory(): number {
  // Only Chromium has `deviceMemory`; the types omit it.
  const { deviceMemory: gibibytes = Number.POSITIVE_INFINITY } = navigator as { deviceMemory?: number };
  return gibibytes * 2 ** 30;
}
