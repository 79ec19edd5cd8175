import * as tf from '@tensorflow/tfjs';
import { defineOp } from './define-op';
import { cropped } from './stride';
import { wasmKernelGradient } from './wasm/kernel-gradient';
import { webgpuKernelGradient } from './webgpu/kernels';

export type KernelGradientInputs = {
  /** `[n, h, w, c_in]` */
  x: tf.Tensor4D;
  /** ∂L/∂z `[n, h', w', c_out]` */
  dz: tf.Tensor4D;
};

export type KernelGradientAttributes = {
  /** Side of the kernel in pixels. */
  k: number;
  stride: number;
  pad: number;
};

/** ∂L/∂kernel `[k, k, c_in, c_out]` of z = conv(x, kernel). */
export const kernelGradient = defineOp<KernelGradientInputs, KernelGradientAttributes, tf.Tensor4D>({
  name: 'AtomtuneKernelGradient',
  webgpu: webgpuKernelGradient,
  reference: ({ x, dz }, { k, stride, pad }) =>
    k === 1 && stride === 1 && pad === 0 ? asProduct(x, dz) : asConvolution(x, dz, { k, stride, pad }),
  wasm: wasmKernelGradient,
});

function asProduct(x: tf.Tensor4D, dz: tf.Tensor4D): tf.Tensor4D {
  const [cIn, cOut] = [x.shape[3], dz.shape[3]];
  const product = tf.matMul(tf.transpose(x.reshape([-1, cIn])), dz.reshape([-1, cOut]));
  return product.reshape([1, 1, cIn, cOut]);
}

/**
 * Convolves x, with its image and channel axes swapped, with ∂L/∂z as the kernel, dilated by the stride. This is one matrix
 * product with a long inner axis, and no patches are written to memory.
 */
function asConvolution(
  x: tf.Tensor4D,
  dz: tf.Tensor4D,
  { k, stride, pad }: KernelGradientAttributes,
): tf.Tensor4D {
  const [, height, width] = x.shape;
  const [, outHeight, outWidth] = dz.shape;
  // The padding at the end that gives exactly k×k results; negative if the last rows of x contributed to no output.
  const after = (size: number, out: number) => k + stride * (out - 1) - size - pad;
  const afterRows = after(height, outHeight);
  const afterColumns = after(width, outWidth);
  const seen = cropped(x, height + Math.min(0, afterRows), width + Math.min(0, afterColumns));
  const gradient = tf.conv2d(
    tf.transpose(seen, [3, 1, 2, 0]),
    tf.transpose(dz, [1, 2, 0, 3]),
    1,
    [
      [0, 0],
      [pad, Math.max(0, afterRows)],
      [pad, Math.max(0, afterColumns)],
      [0, 0],
    ],
    'NHWC',
    stride,
  ); // [c_in, k, k, c_out]
  return tf.transpose(gradient, [1, 2, 0, 3]);
}
