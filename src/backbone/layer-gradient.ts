import * as tf from '@tensorflow/tfjs';
import { atomGradient } from '../ops/atom-gradient';
import { toFp32 } from '../ops/convert';
import { convolution } from '../ops/convolution';
import { derivedTensor } from '../ops/frozen';
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

  /**
   * ∂L/∂K contracted with a basis of the input channels `[c_in, r]` and one of the output channels `[c_out, r]`, both frozen:
   * `[k², r, r]`, first the inputs' direction. It is the kernel gradient of the two projected to these directions, so ∂L/∂K is never
   * computed (docs/method.md §4).
   */
  core(inputs: tf.Tensor2D, outputs: tf.Tensor2D): tf.Tensor3D {
    const { kernel, stride, pad } = this.layer;
    // A 1×1 convolution reads only every s-th pixel.
    const own = kernel === 1 && pad === 0 ? stride : 1;
    const x = projected(this.x, inputs, own);
    const dz = projected(this.dz, outputs, 1);
    const gradient = kernelGradient({ x, dz }, { k: kernel, stride: stride / own, pad });
    const [, , rIn, rOut] = gradient.shape;
    const [r, q] = [inputs.shape[1], outputs.shape[1]];
    const taps = gradient.reshape<tf.Tensor3D>([kernel ** 2, rIn, rOut]);
    return rIn === r && rOut === q ? taps : tf.slice(taps, [0, 0, 0], [kernel ** 2, r, q]);
  }

  get #attributes() {
    const { kernel, stride, pad } = this.layer;
    return { k: kernel, stride, pad };
  }
}

/** Σ_c map[·,c]·basis[c,a] for every `stride`-th pixel, with directions of zeros up to a multiple of 4, which GPU programs are faster with. */
function projected(map: tf.Tensor4D, basis: tf.Tensor2D, stride: number): tf.Tensor4D {
  const kernel = derivedTensor(basis, 'projection', () => {
    const [channels, r] = basis.shape;
    const padded = tf.pad(basis, [
      [0, 0],
      [0, -r & 3],
    ]);
    return padded.reshape<tf.Tensor4D>([1, 1, channels, padded.shape[1] ?? r]);
  });
  return convolution({ x: map, kernel }, { stride, pad: 0, relu: false, fp16: false });
}
