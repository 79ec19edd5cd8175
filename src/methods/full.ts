import * as tf from '@tensorflow/tfjs';
import { given, type TuningMethod } from './method';

/** Full fine-tuning: every kernel is free. It trains W itself, so that weight decay acts as it does elsewhere. */
export const full: TuningMethod = {
  id: 'full',
  label: 'Full tuning',
  symbol: 'full',
  description: 'Trains every kernel of the backbone.',
  paper: 'Mean over VTAB-1k with ConvNeXt-B: 72.14 % (87.67 M trained). Chen et al., ICLR 2025.',
  learningRate: 3e-4,
  options: [],
  atoms: () => null,
  atomChange: null,
  needsPretrained: true,
  trainables: ({ kernel, cIn, cOut }) => [
    { name: 'W', shape: [cOut, cIn, kernel, kernel], initial: (_random, pretrained) => pretrained.slice() },
  ],
  update: ({ W }, { pretrained }) =>
    tf.sub(tf.transpose(given(W, 'W'), [2, 3, 1, 0]), given(pretrained, 'pretrained')), // [k, k, c_in, c_out]
};
