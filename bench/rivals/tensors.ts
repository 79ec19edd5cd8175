/** Tensors that both tfjs rivals upload in the same way. */
import * as tf from '@tensorflow/tfjs';
import type { Problem } from '../problem';
import type { Loss } from './rival';

/** One-hot targets `[n, classes]`. */
export function targetsOf({ labels, of: { batch, classes } }: Problem): tf.Tensor2D {
  const values = new Float32Array(batch * classes);
  labels.forEach((label, row) => {
    values[row * classes + label] = 1;
  });
  return tf.tensor2d(values, [batch, classes]);
}

/** `[n, size, size, 3]` */
export function imagesOf({ input, of: { batch, size } }: Problem): tf.Tensor4D {
  return tf.tensor4d(input, [batch, size, size, 3]);
}

/** `[n, features]`, for the cached probe. */
export function featuresOf({ input, network, of: { batch } }: Problem): tf.Tensor2D {
  return tf.tensor2d(input, [batch, network.features]);
}

export function lossOf(loss: tf.Tensor): Loss {
  return {
    async read() {
      const [value = Number.NaN] = await loss.data();
      loss.dispose();
      return value;
    },
    drop: () => loss.dispose(),
  };
}
