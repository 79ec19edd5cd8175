/** The classification head: logits = features·weightᵀ + bias, with the gradients of its loss in closed form. */
import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../ops/cross-entropy';

export type Head = {
  /** `[classes, features]` */
  weight: tf.Tensor2D;
  /** `[classes]` */
  bias: tf.Tensor1D;
};

/** `[n, classes]` from `[n, features]`. */
export function headLogits(features: tf.Tensor2D, { weight, bias }: Head): tf.Tensor2D {
  return tf.tidy(() => tf.add(tf.matMul(features, tf.transpose(weight)), bias));
}

export type HeadGradients = Head & {
  /** `[1]` */
  loss: tf.Tensor1D;
  /** ∂loss/∂logits `[n, classes]` */
  logits: tf.Tensor2D;
};

/** The cross-entropy of these rows divided by `count`, the size of the whole batch, and its gradients. */
export function headGradients(
  features: tf.Tensor2D,
  head: Head,
  targets: tf.Tensor2D,
  count: number,
): HeadGradients {
  return tf.tidy(() => {
    const { loss, gradient: logits } = crossEntropy(headLogits(features, head), targets, count);
    return {
      loss,
      logits,
      weight: tf.matMul<tf.Tensor2D>(tf.transpose(logits), features),
      bias: tf.sum<tf.Tensor1D>(logits, 0),
    };
  });
}
