import * as tf from '@tensorflow/tfjs';
import { derivedTensor, isFrozen } from '../frozen';
import type { InputGradientAttributes, InputGradientInputs } from '../input-gradient';
import { heapViews, uninitialised } from './heap';
import { channelsFirst, tapSum } from './taps';

/** ∂L/∂x `[n, h, w, c_in]`; null for a padding other than (k − 1)/2. */
export function wasmInputGradient(
  { dz, kernel, addend, mask }: InputGradientInputs,
  attributes: InputGradientAttributes,
): tf.Tensor4D | null {
  if (attributes.pad !== (kernel.shape[0] - 1) / 2) return null;
  const gradient = plainGradient(dz, kernel, attributes);
  const sum = addend ? tf.add<tf.Tensor4D>(gradient, addend) : gradient;
  return mask ? tf.mul<tf.Tensor4D>(sum, tf.step(mask)) : sum;
}

function plainGradient(
  dz: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { height, width, stride, pad }: InputGradientAttributes,
): tf.Tensor4D {
  const [k, , cIn, cOut] = kernel.shape;
  const [n, rows, columns] = dz.shape;
  if (k === 1 && stride > 1) {
    const small = plainGradient(dz, kernel, { height: rows, width: columns, stride: 1, pad });
    return spread(small, stride, height, width);
  }
  if (stride === 1 && !kernelFirst(kernel, n * rows * columns)) {
    return tf.conv2d(
      dz,
      derivedTensor(kernel, 'turned', () => turned(kernel)),
      1,
      'same',
    );
  }
  const taps = tf.matMul<tf.Tensor2D>(kernel.reshape([k * k * cIn, cOut]), channelsFirst(dz)); // [k²·c_in, n·h'·w']
  const sum = k === 1 ? taps : tapSum(taps, [n, height, width], { k, stride, pad }, false);
  return tf.transpose(sum).reshape([n, height, width, cIn]);
}

/** Whether reordering activations of this many pixels costs less than reordering the kernel. */
export function kernelFirst(kernel: tf.Tensor4D, pixels: number): boolean {
  if (isFrozen(kernel)) return false;
  const [k, , cIn, cOut] = kernel.shape;
  // Measured: reordering a kernel for tfjs' convolution costs about 8 ns per number, reordering activations for the product and
  // back 6 ns, and summing the taps 1.5 ns.
  return 8 * k * k * cIn * cOut > pixels * (6 * (cIn + cOut) + (k === 1 ? 0 : 1.5 * k * k * cOut));
}

/** `[k, k, c_in, c_out] → [k, k, c_out, c_in]`, rotated by 180°. */
function turned(kernel: tf.Tensor4D): tf.Tensor4D {
  const [k, , cIn, cOut] = kernel.shape;
  const swapped = tf.transpose(kernel.reshape<tf.Tensor3D>([k * k, cIn, cOut]), [0, 2, 1]);
  if (k === 1) return swapped.reshape([1, 1, cOut, cIn]);
  const result = uninitialised<tf.Rank.R4>([k, k, cOut, cIn]);
  const [from, to] = heapViews(swapped, result);
  const tap = cIn * cOut;
  for (let at = 0; at < k * k; at++) to.set(from.subarray(at * tap, (at + 1) * tap), (k * k - 1 - at) * tap);
  return result;
}

/** Pixels placed `stride` apart with zeros between them, `[n, height, width, c]`. */
function spread(x: tf.Tensor4D, stride: number, height: number, width: number): tf.Tensor4D {
  const [n, rows, columns, c] = x.shape;
  const result = uninitialised<tf.Rank.R4>([n, height, width, c]);
  const [from, to] = heapViews(x, result);
  to.fill(0);
  let source = 0;
  for (let image = 0; image < n; image++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const target = ((image * height + row * stride) * width + column * stride) * c;
        for (let channel = 0; channel < c; channel++) to[target + channel] = from[source++] ?? 0;
      }
    }
  }
  return result;
}
