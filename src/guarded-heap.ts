/**
 * tfjs-wasm does not check whether an allocation failed: malloc then returns offset 0, and the tensor overwrites whatever is
 * stored there. This wrapper makes failed allocations throw.
 */
import { heapExhausted } from './engine-fault';

/** The allocator of tfjs' WebAssembly module. */
export interface Heap {
  /** The offset of `bytes` newly allocated bytes; 0 if the allocation failed. */
  _malloc(bytes: number): number;
  _free(offset: number): void;
}

/** Offsets and the size argument of `_malloc` have 32 bits. */
const ADDRESSABLE = 2 ** 32;

const guarded = new WeakSet<Heap>();

/** Makes `_malloc` throw `EngineFault` if the allocation fails or the size exceeds 32 bits. */
export function guardHeap(heap: Heap): void {
  if (guarded.has(heap)) return;
  guarded.add(heap);
  // Emscripten installs the real routine at the first call.
  heap._free(heap._malloc(8));
  const allocate = heap._malloc;
  heap._malloc = (bytes) => {
    const offset = bytes < ADDRESSABLE ? allocate(bytes) : 0;
    if (offset === 0 && bytes > 0) throw heapExhausted(bytes);
    return offset;
  };
}
