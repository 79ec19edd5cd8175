import * as tf from '@tensorflow/tfjs';
import { matMul } from '../ops/mat-mul';
import { given, option, type TuningMethod } from './method';

/**
 * LoRA for convolutions as loralib has it (Hu et al., ICLR 2022), the paper's baseline: B·A, `[c_out·k, c_in·k]`, read in
 * memory order as the kernel `[c_out, c_in, k, k]`, times α/r.
 */
export const lora: TuningMethod = {
  id: 'lora',
  label: 'LoRA',
  symbol: 'LoRA',
  description: 'Trains a low-rank update of every kernel.',
  paper: 'Mean over VTAB-1k with ConvNeXt-B: 67.53 % (17.4 M trained). Chen et al., ICLR 2025.',
  learningRate: 1e-3,
  options: [
    {
      id: 'r',
      label: 'Rank (r)',
      help: 'Rank per kernel row and column; the trained numbers grow with it.',
      default: 4,
      min: 1,
      max: 64,
    },
    {
      id: 'alpha',
      label: 'Scale (α)',
      help: 'The update is multiplied by α/r.',
      default: 4,
      min: 1,
      max: 256,
    },
  ],
  atoms: () => null,
  atomChange: null,
  needsPretrained: false,
  trainables: ({ kernel, cIn, cOut }, options) => {
    const inner = option(lora, options, 'r') * kernel;
    return [
      {
        name: 'A',
        shape: [inner, cIn * kernel],
        // Kaiming-uniform with a = √5 over fan-in c_in·k: bound √(6/((1 + 5)·fan)).
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
  update: ({ A, B }, _frozen, { kernel, cIn, cOut }, options) => {
    const product = matMul(given(B, 'B') as tf.Tensor2D, given(A, 'A') as tf.Tensor2D); // declared as matrices above
    const update = tf.transpose(product.reshape<tf.Tensor4D>([cOut, cIn, kernel, kernel]), [2, 3, 1, 0]);
    return tf.mul(update, option(lora, options, 'alpha') / option(lora, options, 'r'));
  },
};
