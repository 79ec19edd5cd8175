/**
 * What a step costs besides time, counted from outside and the same for every rival: GPU dispatches and buffers at the API's own
 * calls; on wasm the kernels tfjs runs, what it allocates for tensors, and the size of all WebAssembly memories.
 */
import * as tf from '@tensorflow/tfjs';

export interface Counters {
  /** Counts kernels and tensors of the tfjs backend in use, where the device's own calls do not tell. */
  watchTensors(): void;
  /** From now on GPU dispatches are counted and left out. */
  stopComputing(): void;
  /** Dispatches, or kernels run, since the last call. */
  takeDispatches(): number | null;
  /** Most bytes at one time since the watch began. */
  peakBytes(): number | null;
  /** Bytes of all WebAssembly memories now; they never shrink. */
  heapBytes(): number | null;
}

/** Watches the GPU's API. To be called before a device is asked for. */
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

/** Kernels that only give a tensor another shape. */
const VIEWS = new Set(['Reshape', 'Identity', 'Cast']);

/** Of the module that tfjs-wasm is, what its types leave out: its allocator, which from outside only tensors use. */
interface TfjsWasm {
  wasm: { _malloc(bytes: number): number; _free(address: number): void };
}

/** Every memory of the page, from the moment this module is loaded: some libraries start theirs as soon as they are. */
const memories: WebAssembly.Memory[] = [];
const { Memory } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }
};

/** Watches WebAssembly. */
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
        // Ours are made of others, which are counted.
        if (!VIEWS.has(name) && !name.startsWith('Atomtune')) kernels = (kernels ?? 0) + 1;
        return runKernel.call(this, name, ...rest) as never; // passed through as it is
      };
      const { wasm } = tf.backend() as unknown as TfjsWasm; // the backend in use
      const { _malloc, _free } = wasm;
      const sizes = new Map<number, number>();
      // Weights and batch are there already.
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
