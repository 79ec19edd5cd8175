import * as tf from '@tensorflow/tfjs';
import { toFp32 } from '../ops/convert';
import { assertDefined, layerOptions, type TuningMethod } from './method';

/**
 * SSF (Lian, Zhou, Feng, Wang, NeurIPS 2022): a scale and a shift of each channel after every batch norm, y' = (1 + γ)·y + β.
 * Both are folded into the convolution, so a tuned network costs the same as the pretrained one.
 */
export const scaleAndShift: TuningMethod = {
  id: 'scale-and-shift',
  label: 'Scale and shift (SSF)',
  symbol: 'SSF',
  description: 'Trains a scale and a shift for every channel after each batch norm.',
  advice: 'Take it as a baseline that changes channels only as a whole.',
  paper: '',
  learningRate: 3e-2,
  rateExponents: {},
  options: layerOptions(true),
  decompositions: () => ({}),
  atomChange: null,
  // γ is the difference from 1, so that weight decay pulls towards the pretrained network.
  trainables: ({ cOut }) =>
    ['gamma', 'beta'].map((name) => ({ name, shape: [cOut], initial: () => new Float32Array(cOut) })),
  update: ({ gamma }, { folded }) => tf.mul(toFp32(folded), assertDefined(gamma, 'gamma')),
  bias: ({ gamma, beta }, { bias }) =>
    tf.add(tf.add(bias, tf.mul(bias, assertDefined(gamma, 'gamma'))), assertDefined(beta, 'beta')),
  gradients: (gradient, _trainables, { folded, bias }) => {
    const beta = gradient.bias();
    const byKernel = tf.sum(tf.mul(gradient.kernel(), toFp32(folded)), [0, 1, 2]);
    return { gamma: tf.add(byKernel, tf.mul(beta, bias)), beta };
  },
};
