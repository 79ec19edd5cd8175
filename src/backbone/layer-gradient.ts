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
    const [channels, r] = inputs.shape;
    // A 1×1 convolution reads only every s-th pixel.
    const own = kernel === 1 && pad === 0 ? stride : 1;
    const x = filtered(this.x, inputs.reshape([1, 1, channels, r]), { stride: own, pad: 0 });
    const dz = this.projectedOutput(outputs);
    const padded = kernelGradient({ x, dz }, { k: kernel, stride: stride / own, pad });
    return tf.slice(padded, [0, 0, 0, 0], [kernel, kernel, r, r]).reshape([kernel ** 2, r, r]);
  }

  /**
   * The input convolved, as by this layer, with frozen filters `[k, k, c_in, r]`: `[n, h', w', r']`. r' is r rounded up to a multiple of
   * 4, and the channels beyond r are 0.
   */
  filteredInput(filters: tf.Tensor4D): tf.Tensor4D {
    const { stride, pad } = this.layer;
    return filtered(this.x, filters, { stride, pad });
  }

  /** Σ_o ∂L/∂z[·,o]·basis[o,a] with a frozen basis `[c_out, r]`: `[n, h', w', r']`, r' as for `filteredInput`. */
  projectedOutput(basis: tf.Tensor2D): tf.Tensor4D {
    return filtered(this.dz, basis.reshape([1, 1, ...basis.shape]), { stride: 1, pad: 0 });
  }

  get #attributes() {
    const { kernel, stride, pad } = this.layer;
    return { k: kernel, stride, pad };
  }
}

/** A convolution with frozen filters `[k, k, c, r]`, padded to r' filters: GPU programs are faster with multiples of 4, and fp16 needs them. */
function filtered(
  map: tf.Tensor4D,
  filters: tf.Tensor4D,
  { stride, pad }: { stride: number; pad: number },
): tf.Tensor4D {
  const more = -filters.shape[3] & 3;
  const padding: [number, number][] = [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, more],
  ];
  const kernel = more === 0 ? filters : derivedTensor(filters, 'padded', () => tf.pad(filters, padding));
  return convolution({ x: map, kernel }, { stride, pad, relu: false, fp16: false });
}
