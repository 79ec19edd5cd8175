/** From one precision to the other (half.ts). */
import type * as tf from '@tensorflow/tfjs';
import { isHalf } from './half';
import { runConvert } from './webgpu/convert-program';

/** The same numbers in single precision; the tensor itself where they are. */
export function inSingles<T extends tf.Tensor>(tensor: T): T {
  return isHalf(tensor) ? (runConvert(tensor, 'single') as T) : tensor; // of the same rank
}

/** The same numbers rounded to half precision. Only on WebGPU; the last axis must be a multiple of 4. */
export function inHalves<T extends tf.Tensor>(tensor: T): T {
  return isHalf(tensor) ? tensor : (runConvert(tensor, 'half') as T); // of the same rank
}
