import * as tf from '@tensorflow/tfjs';

/**
 * Mean cross-entropy of `logits` `[n, classes]` against one-hot `targets` `[n, classes]`, a scalar.
 * Its gradient is written out, (softmax − targets)/n, because tfjs' composed one costs three times the operations.
 */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const n = logits.shape[0];
  const loss = tf.customGrad((input, save) => {
    const scores = input as tf.Tensor2D; // the one input below
    // customGrad types `save` for its own use only.
    (save as tf.GradSaveFunc)([scores]);
    const value = tf.mean(tf.sub(tf.logSumExp(scores, 1), tf.sum(tf.mul(scores, targets), 1)));
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [kept] = saved as [tf.Tensor2D];
      return tf.mul(tf.sub(tf.softmax(kept), targets), tf.div(dy, n));
    };
    return { value, gradFunc };
  });
  return loss(logits) as tf.Scalar; // a mean over everything
}
