import * as tf from '@tensorflow/tfjs';
import type { LayerGradient } from '../backbone/layer-gradient';
import type { ConvolutionSpec } from '../backbone/layout';
import type { SettingOption, SettingOptions } from '../core/setting';
import { convolution } from '../ops/convolution';
import { kernelGradient } from '../ops/kernel-gradient';
import { matMul } from '../ops/mat-mul';
import { sampled } from '../ops/stride';
import { assertDefined, layerOptions, option, type TuningMethod } from './method';

/** The options of both LoRA methods. */
export const LORA_OPTIONS: SettingOption[] = [
  {
    id: 'r',
    label: 'Rank (r)',
    help: 'Higher ranks can learn more and overfit sooner. Parameters, adapter size and optimizer memory grow in proportion. Usual values: 1 to 16.',
    default: 4,
    min: 1,
    max: 64,
  },
  {
    id: 'alpha',
    label: 'Scale (α)',
    help: 'The update is multiplied by α/r, which acts like a learning rate. Memory and time do not change.',
    default: 4,
    min: 1,
    max: 256,
  },
  ...layerOptions(true),
];

/**
 * LoRA for convolutions as in loralib (Hu et al., ICLR 2022), the paper's baseline: the matrix B·A, `[c_out·k, c_in·k]`, read
 * in memory order as the kernel `[c_out, c_in, k, k]`, times α/r.
 */
export const lora: TuningMethod = {
  id: 'lora',
  label: 'LoRA',
  symbol: 'LoRA',
  description: 'Trains a low-rank update of every kernel in the form of the library loralib.',
  advice: 'Take it to compare with other work, or when a larger file is acceptable.',
  paper:
    'Mean accuracy over VTAB-1k with ConvNeXt-B: 67.53 % with 17.4 M trainable parameters. Chen et al., ICLR 2025.',
  learningRate: 3e-3,
  rateExponents: {},
  options: LORA_OPTIONS,
  decompositions: () => ({}),
  atomChange: null,
  trainables: ({ kernel, cIn, cOut }, options) => {
    const inner = option(lora, options, 'r') * kernel;
    return [
      {
        name: 'A',
        shape: [inner, cIn * kernel],
        // Kaiming-uniform with a = √5 and fan-in c_in·k: the bound is √(6/((1 + 5)·fan)) = 1/√fan.
        initial: (random) => {
          const bound = 1 / Math.sqrt(cIn * kernel);
          return Float32Array.from(
            { length: inner * cIn * kernel },
            () => bound * (2 * random.uniform() - 1),
          );
        },
      },
      { name: 'B', shape: [cOut * kernel, inner], initial: () => new Float32Array(cOut * kernel * inner) },
    ];
  },
  update: ({ A, B }, { scale }, { kernel, cIn, cOut }, options) => {
    const product = matMul(assertDefined(B, 'B') as tf.Tensor2D, assertDefined(A, 'A') as tf.Tensor2D); // declared 2-D
    const update = tf.transpose(product.reshape<tf.Tensor4D>([cOut, cIn, kernel, kernel]), [2, 3, 1, 0]);
    return tf.mul(update, tf.mul(scale, loraFactor(options)));
  },
  projectedTo: (layer, options) => (isPointwise(layer) ? option(lora, options, 'r') : null),
  gradients: (gradient, { A, B }, { scale }, options) =>
    isPointwise(gradient.layer)
      ? pointwiseGradients(
          gradient,
          assertDefined(A, 'A') as tf.Tensor2D,
          assertDefined(B, 'B') as tf.Tensor2D,
          scale,
          options,
        )
      : null,
};

/** Whether the kernel is 1×1, so that both forms of LoRA are the product B·A. */
export const isPointwise = ({ kernel, pad }: ConvolutionSpec): boolean => kernel === 1 && pad === 0;

/** The scale α/r of the update. */
export function loraFactor(options: SettingOptions): number {
  return option(lora, options, 'alpha') / option(lora, options, 'r');
}

/**
 * The gradients for 1×1 kernels without computing ∂L/∂K `[c_in, c_out]`. With X `[p, c_in]` and Z `[p, c_out]` the pixels of x
 * and ∂L/∂z, and f = s·α/r: ∂L/∂A = (Z·(f ⊙ B))ᵀ·X and ∂L/∂B = f ⊙ (Zᵀ·(X·Aᵀ)). Products over channels are computed as 1×1
 * convolutions, products over pixels as the kernel gradients of 1×1 convolutions.
 */
export function pointwiseGradients(
  gradient: LayerGradient,
  A: tf.Tensor2D,
  B: tf.Tensor2D,
  scale: tf.Tensor1D,
  options: SettingOptions,
): { A: tf.Tensor2D; B: tf.Tensor2D } {
  const { dz, layer } = gradient;
  const { cIn, cOut, stride } = layer;
  const [r] = A.shape;
  const x = sampled(gradient.input(), stride);
  const f = tf.mul(scale, loraFactor(options)).reshape<tf.Tensor2D>([cOut, 1]);
  const byPixel = (map: tf.Tensor4D, matrix: tf.Tensor2D) => {
    const kernel = matrix.reshape<tf.Tensor4D>([1, 1, ...matrix.shape]);
    return convolution({ x: map, kernel }, { stride: 1, pad: 0, relu: false, fp16: false });
  };
  const overPixels = (left: tf.Tensor4D, right: tf.Tensor4D) =>
    kernelGradient({ x: left, dz: right }, { k: 1, stride: 1, pad: 0 });
  const inner = byPixel(x, tf.transpose(A)); // [n, h', w', r]
  const dInner = byPixel(dz, tf.mul(B, f)); // [n, h', w', r]
  return {
    A: overPixels(dInner, x).reshape([r, cIn]),
    B: tf.mul(tf.transpose(overPixels(inner, dz).reshape<tf.Tensor2D>([r, cOut])), f),
  };
}
