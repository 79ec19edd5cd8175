import * as tf from '@tensorflow/tfjs';
import { defineOp } from './define-op';
import { type KernelGradientAttributes, kernelGradient } from './kernel-gradient';
import { wasmAtomGradient } from './wasm/atom-gradient';
import { webgpuAtomGradient } from './webgpu/kernels';

export type AtomGradientInputs = {
  /** `[n, h, w, c_in]` */
  x: tf.Tensor4D;
  /** ∂L/∂z `[n, h', w', c_out]` */
  dz: tf.Tensor4D;
  /** α ⊙ s, `[m, c_in·c_out]`: coefficients multiplied by the folded batch norm's scale of each output channel. */
  coefficients: tf.Tensor2D;
};

/**
 * The gradient with respect to the atoms, `[m, k²]`: Σ_{i,o} coefficients[j, i·c_out + o] · ∂L/∂K[·,·,i,o] (docs/method.md §4).
 * An optimized kernel may do the contraction without writing ∂L/∂K to memory.
 */
export const atomGradient = defineOp<AtomGradientInputs, KernelGradientAttributes, tf.Tensor2D>({
  name: 'AtomtuneAtomGradient',
  webgpu: webgpuAtomGradient,
  reference: ({ x, dz, coefficients }, attributes) => {
    const taps = attributes.k ** 2;
    const whole = kernelGradient({ x, dz }, attributes).reshape<tf.Tensor2D>([taps, -1]);
    return tf.matMul(coefficients, tf.transpose(whole)); // transposing first is ten times faster on tfjs-wasm than matMul's transposeB
  },
  wasm: wasmAtomGradient,
});
