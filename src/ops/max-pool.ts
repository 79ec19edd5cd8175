import * as tf from '@tensorflow/tfjs';
import { defineOp } from './define-op';
import { cropped, sampled, spread } from './stride';
import { heapViews, uninitialised } from './wasm/heap';
import { webgpuMaxPool, webgpuMaxPoolGradient } from './webgpu/kernels';

export type PoolAttributes = {
  /** Side of the window in pixels. */
  k: number;
  stride: number;
  /** Zero padding on each side. It is equivalent to PyTorch's −∞ if no input is negative, as after a ReLU. */
  pad: number;
};

export type MaxPoolInputs = {
  /** `[n, h, w, c]` */
  x: tf.Tensor4D;
};

/** The maximum of every window, `[n, h', w', c]`, for inputs that are not negative. */
export const maxPool = defineOp<MaxPoolInputs, PoolAttributes, tf.Tensor4D>({
  name: 'AtomtuneMaxPool',
  webgpu: webgpuMaxPool,
  reference: ({ x }, { k, stride, pad }) => tf.maxPool(x, k, stride, pad),
});

export type PoolGradientAttributes = PoolAttributes & {
  /** Whether x is the output of a ReLU whose own gradient is applied too: where x is zero, the result is zero. */
  relu: boolean;
};

export type MaxPoolGradientInputs = {
  /** `[n, h, w, c]` */
  x: tf.Tensor4D;
  /** maxPool(x) `[n, h', w', c]` */
  y: tf.Tensor4D;
  /** ∂L/∂y */
  dy: tf.Tensor4D;
};

/**
 * ∂L/∂x `[n, h, w, c]`. If several values of a window equal its maximum, the first in row-major order receives the gradient, as
 * in PyTorch. tfjs' own gradient gives it to the last one; constant image regions produce such ties.
 */
export const maxPoolGradient = defineOp<MaxPoolGradientInputs, PoolGradientAttributes, tf.Tensor4D>({
  name: 'AtomtuneMaxPoolGradient',
  webgpu: webgpuMaxPoolGradient,
  reference: ({ x, y, dy }, { k, stride, pad, relu }) => {
    const [n, height, width, c] = x.shape;
    const [, rows, columns] = y.shape;
    // Coordinates are shifted so that the window of output (r, s) starts at (stride·r, stride·s).
    const [tall, wide] = [stride * rows + k - 1, stride * columns + k - 1];
    const padded = tf.pad(
      x,
      [
        [0, 0],
        [pad, tall - height - pad],
        [pad, wide - width - pad],
        [0, 0],
      ],
      Number.NEGATIVE_INFINITY,
    );
    let left = relu ? tf.mul<tf.Tensor4D>(dy, tf.step(y)) : dy;
    let gradient = tf.zerosLike(padded);
    for (let row = 0; row < k; row++) {
      for (let column = 0; column < k; column++) {
        const window = tf.slice(padded, [0, row, column, 0], [n, stride * rows, stride * columns, c]);
        const taken = tf.where(tf.equal(sampled(window, stride), y), left, tf.zerosLike(left));
        left = tf.sub(left, taken);
        const placed = tf.pad(spread(taken, stride), [
          [0, 0],
          [row, k - 1 - row],
          [column, k - 1 - column],
          [0, 0],
        ]);
        gradient = tf.add(gradient, placed);
      }
    }
    return cropped(tf.slice(gradient, [0, pad, pad, 0]), height, width);
  },
  wasm: ({ x, y, dy }, { k, stride, pad, relu }) => {
    const [n, height, width, c] = x.shape;
    const [, rows, columns] = y.shape;
    const dx = uninitialised<tf.Rank.R4>(x.shape);
    const [ofX, ofY, ofDy, ofDx] = heapViews(x, y, dy, dx);
    ofDx.fill(0);
    const window = new Int32Array(k * k);
    let out = 0;
    for (let image = 0; image < n; image++) {
      for (let r = 0; r < rows; r++) {
        for (let s = 0; s < columns; s++) {
          let seen = 0;
          for (let row = Math.max(0, r * stride - pad); row < Math.min(height, r * stride - pad + k); row++) {
            const line = (image * height + row) * width;
            const end = Math.min(width, s * stride - pad + k);
            for (let column = Math.max(0, s * stride - pad); column < end; column++) {
              window[seen++] = (line + column) * c;
            }
          }
          for (let channel = 0; channel < c; channel++, out++) {
            const greatest = ofY[out] ?? 0;
            if (relu && !(greatest > 0)) continue;
            for (let place = 0; place < seen; place++) {
              const at = (window[place] ?? 0) + channel;
              if (ofX[at] !== greatest) continue;
              ofDx[at] = (ofDx[at] ?? 0) + (ofDy[out] ?? 0);
              break;
            }
          }
        }
      }
    }
    return dx;
  },
});
