/**
 * The one heavy operation: y = ReLU?(conv(x, kernel) + bias + residual), with its gradients, in the portable form
 * that runs on every tfjs backend. Made fast for wasm, where XNNPACK's convolution is the best routine there is:
 * all three passes are written as (stride-1) convolutions or matrix products.
 */
import * as tf from '@tensorflow/tfjs';
import { defineOp } from './define-op';

export interface ConvolutionInputs {
  /** `[n, h, w, c_in]` */
  x: tf.Tensor4D;
  /** `[k, k, c_in, c_out]` */
  kernel: tf.Tensor4D;
  /** `[c_out]` */
  bias: tf.Tensor1D;
  /** `[n, h', w', c_out]`, added before the ReLU. */
  residual?: tf.Tensor4D;
}

export type ConvolutionAttributes = {
  stride: number;
  /** Zeros on each side, as in PyTorch; tfjs' own 'same' differs from it at stride 2. */
  pad: number;
  relu: boolean;
};

const apply = defineOp<ConvolutionAttributes>({
  name: 'AtomtuneConvolution',
  // The casts restate `ConvolutionInputs`, through which alone the op is called.
  forward: (inputs, attributes) => forward(inputs as unknown as ConvolutionInputs, attributes),
  saves: ['x', 'kernel'],
  savesOutput: true,
  gradient: (dy, saved, { stride, pad, relu }) => {
    const [x, kernel, y] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    // After a ReLU the mask is y > 0; the gradient before it serves all inputs, so it is made once.
    const dz = (relu ? tf.mul(dy, tf.step(y)) : dy) as tf.Tensor4D;
    return {
      x: () => inputGradient(dz, kernel, [x.shape[1], x.shape[2]], stride, pad),
      kernel: () => kernelGradient(x, dz, kernel.shape[0], stride, pad),
      bias: () => tf.sum(dz, [0, 1, 2]),
      residual: () => tf.clone(dz),
    };
  },
});

/** y = ReLU?(conv(x, kernel) + bias + residual), `[n, h', w', c_out]` with h' = ⌊(h + 2·pad − k)/stride⌋ + 1. */
export function convolution(inputs: ConvolutionInputs, attributes: ConvolutionAttributes): tf.Tensor4D {
  const { residual, ...rest } = inputs;
  // A convolution's output has four dimensions.
  return apply(residual ? { ...rest, residual } : rest, attributes) as tf.Tensor4D;
}

function forward(
  { x, kernel, bias, residual }: ConvolutionInputs,
  { stride, pad, relu }: ConvolutionAttributes,
): tf.Tensor4D {
  const fused = tf.engine().runKernel(
    'FusedConv2D',
    { x, filter: kernel, bias },
    {
      strides: [stride, stride],
      pad,
      dataFormat: 'NHWC',
      dilations: [1, 1],
      activation: relu && !residual ? 'relu' : 'linear',
    },
  ) as tf.Tensor4D; // one output
  if (!residual) return fused;
  const sum = tf.add(fused, residual) as tf.Tensor4D; // same shape
  return relu ? tf.relu(sum) : sum;
}

/**
 * ∂L/∂x `[n, h, w, c_in]` from ∂L/∂z `[n, h', w', c_out]`: a convolution with the kernel turned by 180° and its
 * channels swapped; at stride 2 over ∂L/∂z spread out with zeros between.
 */
export function inputGradient(
  dz: tf.Tensor4D,
  kernel: tf.Tensor4D,
  [height, width]: [number, number],
  stride: number,
  pad: number,
): tf.Tensor4D {
  return tf.tidy(() => {
    const k = kernel.shape[0];
    const turned = tf.transpose(k === 1 ? kernel : tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]);
    if (k === 1 && pad === 0) {
      const small = convolve(dz, turned, [0, 0], [0, 0], 1);
      return stride === 1 ? small : cropped(spread(small, stride), height, width);
    }
    const wide = stride === 1 ? dz : spread(dz, stride);
    const before = k - 1 - pad;
    const after = [height, width].map((size, axis) => size + k - 1 - before - (wide.shape[1 + axis] ?? 0));
    const rows = wide.shape[1] + Math.min(0, after[0] ?? 0);
    const columns = wide.shape[2] + Math.min(0, after[1] ?? 0);
    return convolve(
      cropped(wide, rows, columns),
      turned,
      [before, Math.max(0, after[0] ?? 0)],
      [before, Math.max(0, after[1] ?? 0)],
      1,
    );
  });
}

/**
 * ∂L/∂kernel `[k, k, c_in, c_out]`: x with channels for images and images for channels, convolved with ∂L/∂z as its
 * kernel, dilated by the stride. One matrix product with a long inner axis and no patches written to memory.
 */
export function kernelGradient(
  x: tf.Tensor4D,
  dz: tf.Tensor4D,
  k: number,
  stride: number,
  pad: number,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width, cIn] = x.shape;
    const [, outHeight, outWidth, cOut] = dz.shape;
    if (k === 1 && stride === 1 && pad === 0) {
      const product = tf.matMul(tf.transpose(x.reshape([-1, cIn])), dz.reshape([-1, cOut]));
      return product.reshape<tf.Tensor4D>([1, 1, cIn, cOut]);
    }
    // Padding after is whatever leaves exactly k×k results; below zero it means rows of x that no output saw.
    const after = (size: number, out: number) => k + stride * (out - 1) - size - pad;
    const afterRows = after(height, outHeight);
    const afterColumns = after(width, outWidth);
    const seen = cropped(x, height + Math.min(0, afterRows), width + Math.min(0, afterColumns));
    const gradient = convolve(
      tf.transpose(seen, [3, 1, 2, 0]),
      tf.transpose(dz, [1, 2, 0, 3]),
      [pad, Math.max(0, afterRows)],
      [pad, Math.max(0, afterColumns)],
      stride,
    ); // [c_in, k, k, c_out]
    return tf.transpose(gradient, [1, 2, 0, 3]);
  });
}

function convolve(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  rows: [number, number],
  columns: [number, number],
  dilation: number,
): tf.Tensor4D {
  return tf.conv2d(x, kernel, 1, [[0, 0], rows, columns, [0, 0]], 'NHWC', dilation);
}

/** `[n, h, w, c] → [n, s·h, s·w, c]`: every value followed by s − 1 zeros along both axes. */
function spread(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const columns = tf.pad(x.reshape([n * h * w, c]), [
    [0, 0],
    [0, (stride - 1) * c],
  ]);
  const row = stride * w * c;
  return tf
    .pad(columns.reshape([n * h, row]), [
      [0, 0],
      [0, (stride - 1) * row],
    ])
    .reshape([n, stride * h, stride * w, c]);
}

function cropped(x: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  if (x.shape[1] === height && x.shape[2] === width) return x;
  return tf.slice(x, [0, 0, 0, 0], [x.shape[0], height, width, x.shape[3]]);
}
