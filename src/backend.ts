/**
 * Chooses and starts the tensor backend. A hardware GPU runs WebGPU; everything else runs WebAssembly, which is
 * 20–40 times faster than WebGPU on a software adapter. The choice can be forced.
 */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import '@tensorflow/tfjs-backend-webgpu';
import { UserError } from './user-error';
import type { BackendChoice, BackendName, EngineInfo } from './worker/protocol';

interface Adapter {
  name: string;
  hardware: boolean;
}

/** Starts the backend chosen by `choice`. Throws `UserError` when WebGPU is forced where there is none. */
export async function startBackend(choice: BackendChoice): Promise<EngineInfo> {
  const adapter = await webgpuAdapter();
  const { backend, reason } = choose(choice, adapter);
  if (backend === 'wasm') configureWasm();
  if (!(await tf.setBackend(backend))) {
    throw new UserError(
      backend === 'webgpu'
        ? 'WebGPU could not be started on this device. Choose WebAssembly in the engine panel.'
        : 'WebAssembly could not be started in this browser. A current Chrome, Edge, Firefox or Safari is needed.',
    );
  }
  await tf.ready();
  return {
    backend,
    choice,
    adapter: adapter?.name ?? null,
    hardware: backend === 'webgpu' && adapter?.hardware === true,
    reason,
    threads: backend === 'wasm' ? wasmThreads() : 0,
  };
}

function choose(choice: BackendChoice, adapter: Adapter | null): { backend: BackendName; reason: string } {
  if (choice === 'wasm') return { backend: 'wasm', reason: 'You chose WebAssembly: it runs on the CPU.' };
  if (choice === 'webgpu') {
    if (!adapter) {
      throw new UserError(
        'This browser offers no WebGPU adapter. Choose WebAssembly, or a browser with WebGPU.',
      );
    }
    return {
      backend: 'webgpu',
      reason: adapter.hardware
        ? 'You chose WebGPU: it runs on the GPU.'
        : 'You chose WebGPU, but its adapter is software: it runs on the CPU, and slower than WebAssembly.',
    };
  }
  if (adapter?.hardware) return { backend: 'webgpu', reason: 'A hardware GPU was found.' };
  return {
    backend: 'wasm',
    reason: adapter
      ? 'The only WebGPU adapter is software, so WebAssembly on the CPU is faster.'
      : 'This browser offers no WebGPU adapter, so WebAssembly runs on the CPU.',
  };
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

async function webgpuAdapter(): Promise<Adapter | null> {
  const adapter = await navigator.gpu
    ?.requestAdapter({ powerPreference: 'high-performance' })
    .catch(() => null);
  if (!adapter) return null;
  const { vendor, architecture, device, description } = adapter.info;
  const name = description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter';
  // Older browsers say it on the adapter, newer ones on its info.
  const fallback =
    adapter.info.isFallbackAdapter || ('isFallbackAdapter' in adapter && adapter.isFallbackAdapter === true);
  return {
    name,
    hardware: !fallback && !SOFTWARE.test([vendor, architecture, device, description].join(' ')),
  };
}

function configureWasm(): void {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': threaded,
  });
  setThreadsCount(wasmThreads());
}

/** Shared memory, and so threads, exist on cross-origin isolated pages only. */
function wasmThreads(): number {
  return globalThis.crossOriginIsolated ? Math.max(1, navigator.hardwareConcurrency) : 1;
}
