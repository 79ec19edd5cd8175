import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/**
 * The numbers of float32 tensors where they lie in the wasm backend's memory, for what no tfjs operation does well. Any
 * operation may move the memory: take the views after all tensors are made, and drop them before the next.
 */
export function heapViews<const T extends readonly tf.Tensor[]>(
  ...tensors: T
): { [K in keyof T]: Float32Array } {
  const backend = tf.backend() as BackendWasm; // called from wasm forms alone
  const views = tensors.map((tensor) => backend.typedArrayFromHeap(tensor) as Float32Array);
  return views as { [K in keyof T]: Float32Array }; // one view per tensor
}

/** A tensor of numbers yet to be written. */
export function uninitialised<R extends tf.Rank>(shape: tf.ShapeMap[R]): tf.Tensor<R> {
  const backend = tf.backend() as BackendWasm; // called from wasm forms alone
  return tf.engine().makeTensorFromTensorInfo(backend.makeOutput(shape, 'float32')) as tf.Tensor<R>; // of that shape
}
