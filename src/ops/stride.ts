/** Strided subsampling and its adjoint, built from reshapes, slices and pads: tfjs-wasm has no fast strided slice. */
import * as tf from '@tensorflow/tfjs';

/** `[n, h, w, c] → [n, s·h, s·w, c]`: inserts s − 1 zeros after every value along both axes. */
export function spread(x: tf.Tensor4D, stride: number): tf.Tensor4D {
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

/** The first `height` rows and `width` columns. */
export function cropped(x: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  if (x.shape[1] === height && x.shape[2] === width) return x;
  return tf.slice(x, [0, 0, 0, 0], [x.shape[0], height, width, x.shape[3]]);
}

/** Every s-th pixel of every s-th row, `[n, ⌈h/s⌉, ⌈w/s⌉, c]`: the pixels that a 1×1 convolution of that stride reads. */
export function sampled(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return x;
  const [n, h, w, c] = x.shape;
  const [rows, columns] = [Math.ceil(h / stride), Math.ceil(w / stride)];
  const whole = tf.pad(x, [
    [0, 0],
    [0, rows * stride - h],
    [0, columns * stride - w],
    [0, 0],
  ]);
  const row = stride * columns * c;
  const everyRow = tf.slice(whole.reshape([n * rows, stride * row]), [0, 0], [n * rows, row]);
  const pixels = everyRow.reshape([n * rows * columns, stride * c]);
  return tf.slice(pixels, [0, 0], [n * rows * columns, c]).reshape([n, rows, columns, c]);
}
