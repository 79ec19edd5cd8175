import * as tf from '@tensorflow/tfjs';
import type { SettingOption, SettingOptions } from '../core/setting';
import { type BasisSpec, layerRank } from '../decompose/bases';
import { kernelGradient } from '../ops/kernel-gradient';
import { matMul } from '../ops/mat-mul';
import { assertDefined, layerOptions, option, type TuningMethod } from './method';
import { asMatrix, fromFilters, projections, singularVectors } from './singular-form';

const RANK: SettingOption = {
  id: 'r',
  label: 'Rank (r)',
  help: 'The number of singular vectors that the matrix connects. The parameters grow with r² and do not depend on the width of a layer.',
  default: 15,
  min: 1,
  max: 64,
};

/**
 * LoRA-XS (Bałazy, Banaei, Aberer, Tabor 2024, arXiv 2405.17604) for convolutions: ΔW = U·diag(S)·R·V with the r leading singular
 * vectors of W as a matrix `[c_out, c_in·k²]`, and only R `[r, r]` is trained. Here R starts at 0; the paper draws it from a narrow
 * normal distribution.
 */
export const loraXs: TuningMethod = {
  id: 'lora-xs',
  label: 'LoRA-XS',
  symbol: 'LoRA-XS',
  description:
    'Trains a small matrix between the leading singular vectors of every kernel (Bałazy et al. 2024).',
  advice: 'Take it when a small file has to change the whole backbone.',
  paper: '',
  learningRate: 1e-2,
  rateExponents: { r: -1 },
  options: [RANK, ...layerOptions(true)],
  decompositions: (_layer, options) => ({ bases: basesFor(options) }),
  atomChange: null,
  trainables: (layer, options) => {
    const r = layerRank(basesFor(options), layer);
    return [{ name: 'R', shape: [r, r], initial: () => new Float32Array(r * r) }];
  },
  update: ({ R }, frozen, layer) => {
    const { U, S, filters } = singularVectors(frozen, layer);
    const core = tf.mul<tf.Tensor2D>(assertDefined(R, 'R'), S.expandDims(1));
    return fromFilters(matMul(asMatrix(filters), tf.transpose(core)), U, layer);
  },
  gradients: (gradient, _trainables, frozen) => {
    const { S } = singularVectors(frozen, gradient.layer);
    const { x, dz } = projections(gradient, frozen);
    const r = S.shape[0];
    const padded = kernelGradient({ x: dz, dz: x }, { k: 1, stride: 1, pad: 0 });
    const core = tf.slice(padded, [0, 0, 0, 0], [1, 1, r, r]).reshape<tf.Tensor2D>([r, r]);
    return { R: tf.mul(core, S.expandDims(1)) };
  },
};

const basesFor = (options: SettingOptions): BasisSpec => ({
  form: 'matrix',
  rank: option(loraXs, options, 'r'),
});
