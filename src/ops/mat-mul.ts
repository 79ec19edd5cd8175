import * as tf from '@tensorflow/tfjs';

/** `[r, s] × [s, t] → [r, t]`, differentiable. Transposes are made first: tfjs-wasm multiplies transposed operands ten times slower. */
export function matMul(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const product = tf.customGrad((...inputs) => {
    // The inputs below, then tfjs' own function.
    const [left, right, save] = inputs as unknown as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    save([left, right]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [keptLeft, keptRight] = saved as [tf.Tensor2D, tf.Tensor2D];
      const dc = dy as tf.Tensor2D; // the output is a matrix
      return [tf.matMul(dc, tf.transpose(keptRight)), tf.matMul(tf.transpose(keptLeft), dc)];
    };
    return { value: tf.matMul(left, right), gradFunc };
  });
  return product(a, b) as tf.Tensor2D; // a product of matrices is one
}
