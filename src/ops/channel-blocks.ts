/**
 * Converts kernels to a matrix whose columns are channel blocks, and back (docs/method.md §1.1), multiplying each output channel by a
 * scale. The matrix is `[(p k q l), (I O)]`: the position within a block (output channel, kernel row, input channel, kernel
 * column) by the block (input block, output block).
 */
import * as tf from '@tensorflow/tfjs';
import { defineOp } from './define-op';
import { wasmFold, wasmUnfold } from './wasm/channel-blocks';

/** Output and input channels of a block. */
export type BlockAttributes = { out: number; in: number; k: number };

export type FoldInputs = {
  /** `[out·k·in·k, (c_in / in)·(c_out / out)]` */
  columns: tf.Tensor2D;
  /** `[c_out]` */
  scale: tf.Tensor1D;
};
export type UnfoldInputs = {
  /** `[k, k, c_in, c_out]` */
  kernel: tf.Tensor4D;
  /** `[c_out]` */
  scale: tf.Tensor1D;
};

/** The permutation from column axes `[p, k, q, l, I, O]` to kernel axes `[k, l, I, q, O, p]`. */
const KERNEL_ORDER = [1, 3, 4, 2, 5, 0];
const COLUMN_ORDER = [0, 1, 2, 3, 4, 5].map((axis) => KERNEL_ORDER.indexOf(axis));

const fold = defineOp<FoldInputs, BlockAttributes, tf.Tensor4D>({
  name: 'AtomtuneFoldBlocks',
  wasm: wasmFold,
  reference({ columns, scale }, { out, in: inner, k }) {
    const cOut = scale.size;
    const cIn = (columns.shape[1] / (cOut / out)) * inner;
    const byAxis = columns.reshape([out, k, inner, k, cIn / inner, cOut / out]);
    return tf.mul(tf.transpose(byAxis, KERNEL_ORDER).reshape<tf.Tensor4D>([k, k, cIn, cOut]), scale);
  },
});

const unfold = defineOp<UnfoldInputs, BlockAttributes, tf.Tensor2D>({
  name: 'AtomtuneUnfoldBlocks',
  wasm: wasmUnfold,
  reference({ kernel, scale }, { out, in: inner, k }) {
    const [, , cIn, cOut] = kernel.shape;
    const byAxis = tf.mul(kernel, scale).reshape([k, k, cIn / inner, inner, cOut / out, out]);
    return tf.transpose(byAxis, COLUMN_ORDER).reshape([out * k * inner * k, -1]);
  },
});

/** Columns to the kernel `[k, k, c_in, c_out]` ⊙ scale; differentiable with respect to the columns. */
export function foldBlocks(
  columns: tf.Tensor2D,
  scale: tf.Tensor1D,
  attributes: BlockAttributes,
): tf.Tensor4D {
  const folded = tf.customGrad((...inputs) => {
    const [given] = inputs as unknown as [tf.Tensor2D];
    const gradFunc = (dy: tf.Tensor) => unfoldBlocks(dy as tf.Tensor4D, scale, attributes); // the output is a kernel
    return { value: fold({ columns: given, scale }, attributes), gradFunc };
  });
  return folded(columns) as tf.Tensor4D;
}

/** The kernel ⊙ scale as columns: the adjoint of `foldBlocks`. */
export const unfoldBlocks = (
  kernel: tf.Tensor4D,
  scale: tf.Tensor1D,
  attributes: BlockAttributes,
): tf.Tensor2D => unfold({ kernel, scale }, attributes);
