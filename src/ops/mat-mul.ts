import * as tf from '@tensorflow/tfjs';
import { defineOp } from './define-op';

const apply = defineOp({
  name: 'AtomtuneMatMul',
  forward: ({ a, b }) => product(a as tf.Tensor2D, b as tf.Tensor2D), // shapes checked by matMul below
  saves: ['a', 'b'],
  savesOutput: false,
  gradient: (dy, saved) => {
    const [a, b] = saved as [tf.Tensor2D, tf.Tensor2D]; // as listed in `saves`
    const dc = dy as tf.Tensor2D; // the output is a matrix
    return { a: () => product(dc, transposed(b)), b: () => product(transposed(a), dc) };
  },
});

/** `[r, s] × [s, t] → [r, t]`, differentiable. Transposes are made first: tfjs-wasm multiplies transposed operands ten times slower. */
export function matMul(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return apply({ a, b }, {}) as tf.Tensor2D; // a product of matrices is one
}

function product(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(a, b);
}

function transposed(a: tf.Tensor2D): tf.Tensor2D {
  return tf.transpose(a);
}
