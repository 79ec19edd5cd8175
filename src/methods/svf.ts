import * as tf from '@tensorflow/tfjs';
import { layerRank } from '../decompose/bases';
import { assertDefined, layerOptions, type TuningMethod } from './method';
import { asMatrix, fromFilters, projections, singularVectors } from './singular-form';

/** All singular vectors of a kernel. */
const BASES = { form: 'matrix', rank: Number.POSITIVE_INFINITY } as const;

/**
 * SVF (Sun et al., NeurIPS 2022, arXiv 2206.06122): only the singular values of W as a matrix `[c_out, c_in·k²]` are trained,
 * ΔW = U·diag(ΔS)·V.
 */
export const svf: TuningMethod = {
  id: 'svf',
  label: 'Singular values (SVF)',
  symbol: 'ΔS',
  description:
    'Trains the singular values of every kernel. The singular vectors stay frozen (Sun et al. 2022).',
  advice:
    'Take it when the backbone’s channels have to change and the file has to be about as small as that of atoms.',
  paper: '',
  learningRate: 1e-1,
  rateExponents: {},
  options: layerOptions(true),
  decompositions: () => ({ bases: BASES }),
  atomChange: null,
  trainables: (layer) => {
    const r = layerRank(BASES, layer);
    return [{ name: 'dS', shape: [r], initial: () => new Float32Array(r) }];
  },
  update: ({ dS }, frozen, layer) => {
    const { U, filters } = singularVectors(frozen, layer);
    return fromFilters(tf.mul(asMatrix(filters), assertDefined(dS, 'dS')), U, layer);
  },
  gradients: (gradient, { dS }, frozen) => {
    const { x, dz } = projections(gradient, frozen);
    const padded = tf.sum<tf.Tensor1D>(tf.mul(x, dz), [0, 1, 2]);
    return { dS: tf.slice(padded, 0, assertDefined(dS, 'dS').size) };
  },
};
