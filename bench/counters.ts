/**
 * Counts what a step costs besides time, outside the rivals and so alike for all: GPU dispatches and buffers at WebGPU's API; on wasm
 * the kernels that tfjs runs, the memory that it allocates for tensors, and the size of all WebAssembly memories.
 */
import * as tf from '@tensorflow/tfjs';

export interface Counters {
  /** Counts the kernels and tensors of the current tfjs backend, where the device's API does not show them. */
  watchTensors(): void;
  /** From now on GPU dispatches are counted but not executed. */
  stopComputing(): void;
  /** The number of dispatches, or of kernels run, since the last call. */
  takeDispatches(): number | null;
  /** Peak bytes since the start of counting. */
  peakBytes(): number | null;
  /** Current bytes of all WebAssembly memories, which never shrink. */
  heapBytes(): number | null;
}

/** Counts calls of WebGPU's API. Call it before a device is requested. */
export function watchGpu(): Counters {
  let [dispatches, bytes, peak] = [0, 0, 0];
  let compute = true;
  const pass = GPUComputePassEncoder.prototype;
  const { dispatchWorkgroups, dispatchWorkgroupsIndirect } = pass;
  pass.dispatchWorkgroups = function (...grid) {
    dispatches++;
    if (compute) dispatchWorkgroups.apply(this, grid);
  };
  pass.dispatchWorkgroupsIndirect = function (...given) {
    dispatches++;
    if (compute) dispatchWorkgroupsIndirect.apply(this, given);
  };
  const { createBuffer } = GPUDevice.prototype;
  const sizes = new WeakMap<GPUBuffer, number>();
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    sizes.set(buffer, buffer.size);
    bytes += buffer.size;
    peak = Math.max(peak, bytes);
    return buffer;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    bytes -= sizes.get(this) ?? 0;
    sizes.delete(this);
    return destroy.call(this);
  };
  return {
    watchTensors() {},
    stopComputing() {
      compute = false;
    },
    takeDispatches() {
      const count = dispatches;
      dispatches = 0;
      return count;
    },
    peakBytes: () => peak,
    heapBytes: () => null,
  };
}

/** tfjs kernels that only change a tensor's shape. */
const VIEWS = new Set(['Reshape', 'Identity', 'Cast']);

/** The part of tfjs-wasm's module that its types omit: the allocator, which JavaScript calls only for tensors. */
interface TfjsWasm {
  wasm: { _malloc(bytes: number): number; _free(address: number): void };
}

/** All WebAssembly memories of the page created after this module is loaded, before libraries create theirs. */
const memories: WebAssembly.Memory[] = [];
const { Memory } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }
};

/** Counts WebAssembly memory and kernels. */
export function watchWasm(): Counters {
  const heapBytes = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  let kernels: number | null = null;
  let peak: number | null = null;
  return {
    watchTensors() {
      const engine = tf.engine();
      const { runKernel } = engine;
      kernels = 0;
      engine.runKernel = function (this: typeof engine, name, ...rest) {
        // Our operations call other kernels, which are counted.
        if (!VIEWS.has(name) && !name.startsWith('Atomtune')) kernels = (kernels ?? 0) + 1;
        return runKernel.call(this, name, ...rest) as never; // passes the result on unchanged
      };
      const { wasm } = tf.backend() as unknown as TfjsWasm; // the backend is wasm
      const { _malloc, _free } = wasm;
      const sizes = new Map<number, number>();
      // Weights and batch were allocated before.
      let bytes = tf.memory().numBytes;
      peak = bytes;
      wasm._malloc = (size) => {
        const address = _malloc(size);
        sizes.set(address >>> 0, size);
        bytes += size;
        peak = Math.max(peak ?? 0, bytes);
        return address;
      };
      wasm._free = (address) => {
        bytes -= sizes.get(address >>> 0) ?? 0;
        sizes.delete(address >>> 0);
        _free(address);
      };
    },
    stopComputing() {},
    takeDispatches() {
      const count = kernels;
      if (kernels !== null) kernels = 0;
      return count;
    },
    peakBytes: () => peak ?? heapBytes(),
    heapBytes,
  };
}
