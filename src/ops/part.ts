import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../core/shape';
import { defineOp } from './define-op';
import { heapViews, uninitialised } from './wasm/heap';

const apply = defineOp<{ whole: tf.Tensor }, { offset: number; size: number }, tf.Tensor1D>({
  name: 'AtomtunePart',
  reference: ({ whole }, { offset, size }) => tf.slice(whole.flatten(), offset, size),
  // tfjs-wasm's slice first copies the whole tensor.
  wasm: ({ whole }, { offset, size }) => {
    const result = uninitialised<tf.Rank.R1>([size]);
    const [from, to] = heapViews(whole, result);
    to.set(from.subarray(offset, offset + size));
    return result;
  },
});

/** The numbers from `offset` on, in memory order, as a tensor of this shape. */
export function part<R extends tf.Rank>(
  whole: tf.Tensor,
  offset: number,
  shape: tf.ShapeMap[R],
): tf.Tensor<R> {
  const size = sizeOf(shape);
  return tf.tidy(() => apply({ whole }, { offset, size }).reshape<tf.Tensor<R>>(shape));
}

/** Rows `start` to `start + count` of the first axis, clipped to the tensor's end. */
export function rows<T extends tf.Tensor>(whole: T, start: number, count: number): T {
  const [n = 0, ...row] = whole.shape;
  if (start === 0 && count >= n) return whole;
  const length = Math.min(count, n - start);
  return part(whole, (start * whole.size) / n, [length, ...row]) as tf.Tensor as T; // of the same rank
}
