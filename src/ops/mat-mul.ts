import * as tf from '@tensorflow/tfjs';
import { defineOp } from './define-op';
import { webgpuMatMul } from './webgpu/kernels';

export type MatMulInputs = { a: tf.Tensor2D; b: tf.Tensor2D };

const multiply = defineOp<MatMulInputs, Record<string, never>, tf.Tensor2D>({
  name: 'AtomtuneMatMul',
  webgpu: webgpuMatMul,
  reference: ({ a, b }) => tf.matMul(a, b),
});

/** `[r, s] × [s, t] → [r, t]`, differentiable. Operands are transposed first: tfjs-wasm is ten times slower with transposed operands. */
export function matMul(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const product = tf.customGrad((...inputs) => {
    // The two inputs of `product` below, then tfjs' save function.
    const [left, right, save] = inputs as unknown as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    save([left, right]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [keptLeft, keptRight] = saved as [tf.Tensor2D, tf.Tensor2D];
      const dc = dy as tf.Tensor2D; // the output is a matrix
      return [
        multiply({ a: dc, b: tf.transpose(keptRight) }, {}),
        multiply({ a: tf.transpose(keptLeft), b: dc }, {}),
      ];
    };
    return { value: multiply({ a: left, b: right }, {}), gradFunc };
  });
  return product(a, b) as tf.Tensor2D; // a product of two matrices is a matrix
}
