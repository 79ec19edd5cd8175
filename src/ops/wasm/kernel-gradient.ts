import * as tf from '@tensorflow/tfjs';
import type { KernelGradientAttributes, KernelGradientInputs } from '../kernel-gradient';
import { sampled } from '../stride';
import { channelsFirst, patches, planes } from './taps';

/** Patches are made for as many taps at a time as stay below this: they are k² times as large as the map. */
const PATCH_BYTES = 16 * 2 ** 20;

/** ∂L/∂kernel as the product of what the taps see with ∂L/∂z; null for a padding other than (k − 1)/2. */
export function wasmKernelGradient(
  { x, dz }: KernelGradientInputs,
  { k, stride, pad }: KernelGradientAttributes,
): tf.Tensor4D | null {
  if (pad !== (k - 1) / 2) return null;
  const [n, , , cIn] = x.shape;
  const cOut = dz.shape[3];
  const right = dz.reshape<tf.Tensor2D>([-1, cOut]); // packed once for all products below
  if (k === 1) return tf.matMul(channelsFirst(sampled(x, stride)), right).reshape([1, 1, cIn, cOut]);
  const source = planes(x, stride);
  const perTap = 4 * cIn * (dz.size / cOut);
  const together = Math.max(1, Math.floor(PATCH_BYTES / perTap));
  const parts: tf.Tensor2D[] = [];
  for (let tap = 0; tap < k * k; tap += together) {
    const part = tf.tidy(() =>
      tf.matMul<tf.Tensor2D>(
        patches(source, n, { k, stride, pad }, [tap, Math.min(k * k, tap + together)]),
        right,
      ),
    );
    parts.push(part);
  }
  return tf.concat(parts).reshape([k, k, cIn, cOut]);
}
