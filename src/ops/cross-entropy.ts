import * as tf from '@tensorflow/tfjs';

/**
 * Cross-entropy of `logits` `[n, classes]` with one-hot `targets` `[n, classes]`, summed over the rows and divided by `count`,
 * the size of the batch of which the rows are all or a part. `gradient` is (softmax − targets)/count, `[n, classes]`.
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  count: number,
): { loss: tf.Tensor1D; gradient: tf.Tensor2D } {
  return tf.tidy(() => {
    const shifted = tf.sub(logits, tf.max(logits, 1, true));
    const powers = tf.exp(shifted);
    const totals = tf.sum(powers, 1, true); // [n, 1]
    const perRow = tf.sub(tf.log(totals), tf.sum(tf.mul(shifted, targets), 1, true));
    return {
      loss: tf.div(tf.sum(perRow), count).reshape<tf.Tensor1D>([1]),
      gradient: tf.div<tf.Tensor2D>(tf.sub(tf.div(powers, totals), targets), count),
    };
  });
}
