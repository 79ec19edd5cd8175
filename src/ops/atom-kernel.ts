import * as tf from '@tensorflow/tfjs';
import { defineOp } from './define-op';
import { webgpuAtomKernel } from './webgpu/kernels';

export type AtomKernelInputs = {
  /** The pretrained kernel, batch norm folded in, `[k, k, c_in, c_out]`. */
  folded: tf.Tensor4D;
  /** α ⊙ s `[m, c_in·c_out]` */
  coefficients: tf.Tensor2D;
  /** ΔD `[m, k²]` */
  change: tf.Tensor2D;
};

/** K = folded + Σ_j ΔD[j]·coefficients[j], `[k, k, c_in, c_out]` (docs/method.md §2). */
export const atomKernel = defineOp<AtomKernelInputs, Record<string, never>, tf.Tensor4D>({
  name: 'AtomtuneAtomKernel',
  webgpu: webgpuAtomKernel,
  reference: ({ folded, coefficients, change }) => {
    const update = tf.matMul(tf.transpose(change), coefficients); // [k², c_in·c_out]
    return tf.add(folded, update.reshape(folded.shape));
  },
});
