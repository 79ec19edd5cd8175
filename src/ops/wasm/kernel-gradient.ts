import * as tf from '@tensorflow/tfjs';
import type { KernelGradientAttributes, KernelGradientInputs } from '../kernel-gradient';
import { rows } from '../part';
import { sampled } from '../stride';
import { channelsFirst, patches, planes } from './taps';

/** Images are processed in groups whose ∂L/∂z has about this many numbers: half a megabyte, which fits into a cache. */
const NUMBERS_AT_A_TIME = 2 ** 17;

/** ∂L/∂kernel as the product of the input patches with ∂L/∂z; null for a padding other than (k − 1)/2. */
export function wasmKernelGradient(
  { x, dz }: KernelGradientInputs,
  attributes: KernelGradientAttributes,
): tf.Tensor4D | null {
  const { k, pad } = attributes;
  if (pad !== (k - 1) / 2) return null;
  const n = x.shape[0];
  const together = Math.max(1, Math.floor((NUMBERS_AT_A_TIME * n) / dz.size));
  let sum = ofImages(rows(x, 0, together), rows(dz, 0, together), attributes);
  for (let start = together; start < n; start += together) {
    const before = sum;
    sum = tf.tidy(() =>
      tf.add(before, ofImages(rows(x, start, together), rows(dz, start, together), attributes)),
    );
    before.dispose();
  }
  return sum.reshape([k, k, x.shape[3], dz.shape[3]]);
}

/** `[k²·c_in, c_out]` */
function ofImages(
  x: tf.Tensor4D,
  dz: tf.Tensor4D,
  { k, stride, pad }: KernelGradientAttributes,
): tf.Tensor2D {
  return tf.tidy(() => {
    const left =
      k === 1
        ? channelsFirst(sampled(x, stride))
        : patches(planes(x, stride), x.shape[0], { k, stride, pad });
    return tf.matMul<tf.Tensor2D>(left, dz.reshape([-1, dz.shape[3]]));
  });
}
