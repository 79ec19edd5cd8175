import * as tf from '@tensorflow/tfjs';
import { defineOp } from './define-op';
import { cropped, spread } from './stride';
import { wasmInputGradient } from './wasm/input-gradient';
import { webgpuInputGradient } from './webgpu/kernels';

export type InputGradientInputs = {
  /** ∂L/∂z `[n, h', w', c_out]` */
  dz: tf.Tensor4D;
  /** `[k, k, c_in, c_out]` */
  kernel: tf.Tensor4D;
  /** `[n, h, w, c_in]`, added to the gradient. */
  addend?: tf.Tensor4D;
  /** `[n, h, w, c_in]`: the sum is set to zero where this is not positive, as the gradient of a ReLU with this output. */
  mask?: tf.Tensor4D;
};

export type InputGradientAttributes = {
  /** Height of x; with a stride it does not follow from ∂L/∂z. */
  height: number;
  width: number;
  stride: number;
  pad: number;
};

/** ∂L/∂x `[n, h, w, c_in]` of z = conv(x, kernel), plus `addend`, times (`mask` > 0). */
export const inputGradient = defineOp<InputGradientInputs, InputGradientAttributes, tf.Tensor4D>({
  name: 'AtomtuneInputGradient',
  webgpu: webgpuInputGradient,
  reference: ({ dz, kernel, addend, mask }, attributes) => {
    const gradient = plainGradient(dz, kernel, attributes);
    const sum = addend ? tf.add<tf.Tensor4D>(gradient, addend) : gradient;
    return mask ? tf.mul<tf.Tensor4D>(sum, tf.step(mask)) : sum;
  },
  wasm: wasmInputGradient,
});

/** A convolution with the kernel rotated by 180° and its channel axes swapped; at stride 2 over ∂L/∂z upsampled with zeros. */
function plainGradient(
  dz: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { height, width, stride, pad }: InputGradientAttributes,
): tf.Tensor4D {
  const k = kernel.shape[0];
  const turned = tf.transpose(k === 1 ? kernel : tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]);
  if (k === 1 && pad === 0) {
    const small = tf.conv2d(dz, turned, 1, 'valid');
    return stride === 1 ? small : cropped(spread(small, stride), height, width);
  }
  const wide = stride === 1 ? dz : spread(dz, stride);
  const before = k - 1 - pad;
  const [afterRows, afterColumns] = [height - wide.shape[1], width - wide.shape[2]].map(
    (missing) => missing + pad,
  ) as [number, number]; // one for each axis
  const seen = cropped(
    wide,
    wide.shape[1] + Math.min(0, afterRows),
    wide.shape[2] + Math.min(0, afterColumns),
  );
  return tf.conv2d(seen, turned, 1, [
    [0, 0],
    [before, Math.max(0, afterRows)],
    [before, Math.max(0, afterColumns)],
    [0, 0],
  ]);
}
