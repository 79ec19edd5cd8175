import * as tf from '@tensorflow/tfjs';
import { assertDefined, layerOptions, type TuningMethod } from './method';

/**
 * BitFit (Ben Zaken, Ravfogel, Goldberg, ACL 2022) for convolutions with batch norm: trains the shift of each batch norm, which
 * is the only bias of such a layer. b' = b + Δb.
 */
export const bitfit: TuningMethod = {
  id: 'bitfit',
  label: 'Biases only (BitFit)',
  symbol: 'Δb',
  description: 'Trains the bias of every batch norm. All kernels stay frozen.',
  advice: 'Take it as the simplest baseline that changes the backbone.',
  paper: '',
  learningRate: 1e-2,
  rateExponents: {},
  options: layerOptions(true),
  decompositions: () => ({}),
  atomChange: null,
  trainables: ({ cOut }) => [{ name: 'db', shape: [cOut], initial: () => new Float32Array(cOut) }],
  bias: ({ db }, { bias }) => tf.add(bias, assertDefined(db, 'db')),
  gradients: (gradient) => ({ db: gradient.bias() }),
};
