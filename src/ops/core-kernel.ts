import * as tf from '@tensorflow/tfjs';
import { toFp32 } from './convert';
import { defineOp } from './define-op';
import { webgpuCoreKernel } from './webgpu/kernels';

export type CoreKernelInputs = {
  /** The pretrained kernel, batch norm folded in, `[k, k, c_in, c_out]`. */
  folded: tf.Tensor4D;
  /** V, the basis of the input channels, `[c_in, r]`. */
  inputs: tf.Tensor2D;
  /** The core in the bases of positions and output channels, `[k², r, c_out]`. */
  outputs: tf.Tensor3D;
};

/** K = folded + Σ_b V[i,b]·outputs[p,b,o], `[k, k, c_in, c_out]` (docs/method.md §2). */
export const coreKernel = defineOp<CoreKernelInputs, Record<string, never>, tf.Tensor4D>({
  name: 'AtomtuneCoreKernel',
  webgpu: webgpuCoreKernel,
  reference: ({ folded, inputs, outputs }) => {
    const kernel = toFp32(folded);
    return tf.add(kernel, coreUpdate({ inputs, outputs }).reshape(kernel.shape));
  },
});

/** Σ_b V[i,b]·outputs[p,b,o], `[k², c_in, c_out]`, differentiable in `outputs`. */
export function coreUpdate({ inputs, outputs }: Omit<CoreKernelInputs, 'folded'>): tf.Tensor3D {
  return tf.matMul(inputs.expandDims<tf.Tensor3D>(0), outputs);
}
