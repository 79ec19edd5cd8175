/**
 * tfjs-wasm does not look whether its heap had room: a refused allocation is offset 0, and the tensor is written over
 * whatever lies there. Here it is looked.
 */
import { heapExhausted } from './engine-fault';

/** The part of tfjs' WebAssembly module that hands out memory. */
export interface Heap {
  /** Offset of `bytes` fresh bytes; 0 when there are none. */
  _malloc(bytes: number): number;
  _free(offset: number): void;
}

/** Offsets are 32 bits wide, and so is what `_malloc` understands of a size. */
const ADDRESSABLE = 2 ** 32;

const guarded = new WeakSet<Heap>();

/** From now on `_malloc` throws `EngineFault` where it would have returned 0, or less than was asked for. */
export function guardHeap(heap: Heap): void {
  if (guarded.has(heap)) return;
  guarded.add(heap);
  // Emscripten puts the real routine in place at the first call.
  heap._free(heap._malloc(8));
  const allocate = heap._malloc;
  heap._malloc = (bytes) => {
    const offset = bytes < ADDRESSABLE ? allocate(bytes) : 0;
    if (offset === 0 && bytes > 0) throw heapExhausted(bytes);
    return offset;
  };
}
