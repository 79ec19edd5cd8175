/**
 * Maps and kernels kept in half precision (IEEE 754 binary16), where only a GPU's programs of ours touch them: an int32 tensor
 * with two numbers in each of its own, along the last axis. tfjs has no type for it, and a stock operation that met one would
 * say so by its type. Programs read and write them as singles (ops/webgpu/run-program.ts); every sum is single precision.
 */
import type * as tf from '@tensorflow/tfjs';
import type { EngineInfo } from '../worker/protocol';

/** How many bits a number is kept in. Sums always have 32. */
export type Precision = EngineInfo['precision'];

export function isHalf({ dtype }: Pick<tf.TensorInfo, 'dtype'>): boolean {
  return dtype === 'int32';
}

/** The shape in numbers, `[n, h, w, c]`. */
export function shapeOf(map: tf.Tensor4D): [number, number, number, number] {
  const [n, height, width, channels] = map.shape;
  return [n, height, width, isHalf(map) ? 2 * channels : channels];
}
