/** Conversion between fp32 and fp16 storage (half.ts). */
import type * as tf from '@tensorflow/tfjs';
import { isHalf } from './half';
import { runConvert } from './webgpu/convert-program';

/** The tensor in fp32; returns the tensor itself if it is fp32 already. */
export function inSingles<T extends tf.Tensor>(tensor: T): T {
  return isHalf(tensor) ? (runConvert(tensor, 'single') as T) : tensor; // of the same rank
}

/** The tensor rounded to fp16. WebGPU only; the last axis must be a multiple of 4. */
export function inHalves<T extends tf.Tensor>(tensor: T): T {
  return isHalf(tensor) ? tensor : (runConvert(tensor, 'half') as T); // of the same rank
}
