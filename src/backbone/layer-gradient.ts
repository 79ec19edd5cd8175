import * as tf from '@tensorflow/tfjs';
import { atomGradient } from '../ops/atom-gradient';
import { toFp32 } from '../ops/convert';
import { kernelGradient } from '../ops/kernel-gradient';
import type { ConvolutionSpec } from './layout';

/** The gradient of the loss with respect to one convolution's kernel K and bias. Each form is computed when its method is called. */
export class LayerGradient {
  constructor(
    readonly layer: ConvolutionSpec,
    /** The convolution's input `[n, h, w, c_in]`, in its storage precision. */
    readonly x: tf.Tensor4D,
    /** ∂L/∂z `[n, h', w', c_out]` of the convolution's output z before the ReLU. */
    readonly dz: tf.Tensor4D,
  ) {}

  /** The convolution's input in fp32, for tfjs' own operations. */
  input(): tf.Tensor4D {
    return toFp32(this.x);
  }

  /** ∂L/∂K `[k, k, c_in, c_out]`. */
  kernel(): tf.Tensor4D {
    return kernelGradient({ x: this.x, dz: this.dz }, this.#attributes);
  }

  /** ∂L/∂b `[c_out]`. */
  bias(): tf.Tensor1D {
    return tf.sum(toFp32(this.dz), [0, 1, 2]);
  }

  /** Σ_{i,o} coefficients[j, i·c_out + o] · ∂L/∂K[·,·,i,o], `[m, k²]` (docs/method.md §4). */
  atoms(coefficients: tf.Tensor2D): tf.Tensor2D {
    return atomGradient({ x: this.x, dz: this.dz, coefficients }, this.#attributes);
  }

  get #attributes() {
    const { kernel, stride, pad } = this.layer;
    return { k: kernel, stride, pad };
  }
}
