/** Conversion between fp32 and fp16 storage (fp16.ts). */
import type * as tf from '@tensorflow/tfjs';
import { isFp16 } from './fp16';
import { runConvert } from './webgpu/convert-program';

/** The tensor in fp32; returns the tensor itself if it is fp32 already. */
export function toFp32<T extends tf.Tensor>(tensor: T): T {
  return isFp16(tensor) ? (runConvert(tensor, 'single') as T) : tensor; // of the same rank
}

/** The tensor rounded to fp16. WebGPU only; the last axis must be a multiple of 4. */
export function toFp16<T extends tf.Tensor>(tensor: T): T {
  return isFp16(tensor) ? tensor : (runConvert(tensor, 'half') as T); // of the same rank
}
