/**
 * Activations and frozen kernels stored in fp16 (IEEE 754 binary16), for tensors that only our GPU programs access. tfjs has no
 * fp16 type, so they are int32 tensors with two fp16 numbers per element along the last axis; a stock tfjs operation rejects
 * them by type. Programs read and write them as fp32 (ops/webgpu/run-program.ts), and all sums are fp32.
 */
import type * as tf from '@tensorflow/tfjs';
import type { EngineInfo } from '../core/engine';

/** The storage precision of a tensor. Sums are always fp32. */
export type Precision = EngineInfo['precision'];

export function isFp16({ dtype }: Pick<tf.TensorInfo, 'dtype'>): boolean {
  return dtype === 'int32';
}

/** The logical shape `[n, h, w, c]`, counting fp16 numbers and not int32 elements. */
export function shapeOf(map: tf.Tensor4D): [number, number, number, number] {
  const [n, height, width, channels] = map.shape;
  return [n, height, width, isFp16(map) ? 2 * channels : channels];
}
