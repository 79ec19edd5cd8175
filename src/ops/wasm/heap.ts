import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/**
 * Views of float32 tensors in the wasm backend's memory, for loops that no tfjs operation does well. Any operation may grow
 * and so move the memory: create the views after all tensors exist, and do not use them after the next operation.
 */
export function heapViews<const T extends readonly tf.Tensor[]>(
  ...tensors: T
): { [K in keyof T]: Float32Array } {
  const backend = tf.backend() as BackendWasm; // called only from wasm kernels
  const views = tensors.map((tensor) => backend.typedArrayFromHeap(tensor) as Float32Array);
  return views as { [K in keyof T]: Float32Array }; // one view per tensor
}

/** A tensor whose values the caller must write. */
export function uninitialised<R extends tf.Rank>(shape: tf.ShapeMap[R]): tf.Tensor<R> {
  const backend = tf.backend() as BackendWasm; // called only from wasm kernels
  return tf.engine().makeTensorFromTensorInfo(backend.makeOutput(shape, 'float32')) as tf.Tensor<R>; // of that shape
}
