import * as tf from '@tensorflow/tfjs';
import { matMul } from '../ops/mat-mul';
import { isPointwise, LORA_OPTIONS, loraFactor, pointwiseGradients } from './lora';
import { assertDefined, option, type TuningMethod } from './method';

/**
 * LoRA for convolutions as in the PEFT library: a k×k convolution A from c_in to r channels, then a 1×1 convolution B to c_out,
 * times α/r. ΔW[o,i] = α/r · Σ_q B[o,q]·A[q,i] (docs/method.md §2).
 */
export const loraPeft: TuningMethod = {
  id: 'lora-peft',
  label: 'LoRA, PEFT form',
  symbol: 'LoRA (PEFT)',
  description:
    'Trains a low-rank update of every kernel in the form of the PEFT library: the rank is a number of channels.',
  advice: 'Take it to compare with results of the PEFT library.',
  paper: '',
  learningRate: 3e-3,
  rateExponents: {},
  options: LORA_OPTIONS,
  decompositions: () => ({}),
  atomChange: null,
  trainables: ({ kernel, cIn, cOut }, options) => {
    const r = option(loraPeft, options, 'r');
    const fan = cIn * kernel ** 2;
    return [
      {
        name: 'A',
        shape: [r, cIn, kernel, kernel],
        // Kaiming-uniform with a = √5: the bound is √(6/((1 + 5)·fan)) = 1/√fan.
        initial: (random) =>
          Float32Array.from({ length: r * fan }, () => (2 * random.uniform() - 1) / Math.sqrt(fan)),
      },
      { name: 'B', shape: [cOut, r, 1, 1], initial: () => new Float32Array(cOut * r) },
    ];
  },
  update: ({ A, B }, { scale }, { kernel, cIn, cOut }, options) => {
    const r = option(loraPeft, options, 'r');
    const down = tf
      .transpose(assertDefined(A, 'A') as tf.Tensor4D, [2, 3, 1, 0])
      .reshape<tf.Tensor2D>([-1, r]); // [k²·c_in, r]
    const up = tf.transpose(assertDefined(B, 'B').reshape<tf.Tensor2D>([cOut, r])); // [r, c_out]
    const update = matMul(down, up).reshape<tf.Tensor4D>([kernel, kernel, cIn, cOut]);
    return tf.mul(update, tf.mul(scale, loraFactor(options)));
  },
  projectedTo: (layer, options) => (isPointwise(layer) ? option(loraPeft, options, 'r') : null),
  gradients: (gradient, { A, B }, { scale }, options) => {
    const { cIn, cOut } = gradient.layer;
    if (!isPointwise(gradient.layer)) return null;
    const r = option(loraPeft, options, 'r');
    const down = assertDefined(A, 'A').reshape<tf.Tensor2D>([r, cIn]);
    const up = assertDefined(B, 'B').reshape<tf.Tensor2D>([cOut, r]);
    const { A: dA, B: dB } = pointwiseGradients(gradient, down, up, scale, options);
    return { A: dA.reshape([r, cIn, 1, 1]), B: dB.reshape([cOut, r, 1, 1]) };
  },
};
