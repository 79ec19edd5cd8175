import * as tf from '@tensorflow/tfjs';
import type { ConvolutionSpec } from '../backbone/layout';
import type { Random } from '../core/random';
import type { SettingOption, SettingOptions } from '../core/setting';
import { type AtomCoding, codedShape } from '../decompose/atom-coding';
import { type BlockAttributes, foldBlocks, unfoldBlocks } from '../ops/channel-blocks';
import { toFp32 } from '../ops/convert';
import { derivedTensor } from '../ops/frozen';
import { matMul } from '../ops/mat-mul';
import {
  ATOMS_PER_LAYER,
  assertDefined,
  type Frozen,
  layerOptions,
  option,
  type Tensors,
  type Trainable,
  type TuningMethod,
} from './method';

/** The options of methods that train atoms of channel blocks. */
export const BLOCK_OPTIONS: SettingOption[] = [
  {
    id: 'kc',
    label: 'Block size in channels (kc)',
    help: 'Doubling the block size takes up to 16 times the parameters, memory and decomposition time.',
    default: 4,
    min: 2,
    max: 8,
    choices: [2, 4, 8].map((value) => ({ value, label: `${value} × ${value}` })),
  },
  {
    id: 'capped',
    label: 'Atoms per block',
    help: 'As many atoms as a block has entries can represent any block. More take more memory and time and gain little.',
    default: 1,
    min: 0,
    max: 1,
    choices: [
      { value: 1, label: 'm per pair of channels, at most the entries of a block' },
      { value: 0, label: 'm per pair of channels, no limit' },
    ],
  },
];

/** The rank of ΔD_c. */
const LOW_RANK: SettingOption = {
  id: 'rank',
  label: 'Rank of the change',
  help: 'With a rank, ΔDc of kernels larger than 1 × 1 is a product of two thin matrices and has far fewer parameters. 0: full rank.',
  default: 0,
  min: 0,
  max: 16,
};

/** ΔD_c: kernels are coded in blocks of channels, and the atoms of the blocks change. ΔX = α_c·ΔD_c, folded back (docs/method.md §2). */
export const coefficientAtoms: TuningMethod = {
  id: 'coefficient-atoms',
  label: 'Coefficient atoms',
  symbol: 'ΔDc',
  description: 'Trains a change ΔDc of atoms that cover blocks of channels. The coefficients stay frozen.',
  advice:
    'Take it when accuracy matters more than the size of the file. Decomposition takes time before the first run.',
  paper: '',
  learningRate: 1e-3,
  rateExponents: { kc: -1.5 },
  options: [
    { ...ATOMS_PER_LAYER, label: 'Atoms per pair of channels (m)' },
    ...BLOCK_OPTIONS,
    LOW_RANK,
    ...layerOptions(true),
  ],
  decompositions: (_layer, options) => ({ blocks: blockCoding(coefficientAtoms, options) }),
  atomChange: null,
  trainables: (layer, options) => {
    const coding = blockCoding(coefficientAtoms, options);
    const rank = option(coefficientAtoms, options, LOW_RANK.id);
    return rank === 0 || layer.kernel === 1
      ? [blockTrainable(coding, layer)]
      : lowRankTrainables(coding, layer, rank);
  },
  update: (trainables, frozen, layer, options) =>
    blockUpdate(blockCoding(coefficientAtoms, options), { dDc: changeOf(trainables) }, frozen, layer),
  gradients: (gradient, trainables, frozen, options) => {
    const coding = blockCoding(coefficientAtoms, options);
    const whole = blockGradients(coding, gradient.kernel(), frozen, gradient.layer);
    const { A, B } = trainables as { A?: tf.Tensor2D; B?: tf.Tensor2D }; // declared 2-D
    if (!A || !B) return whole;
    const dDc = assertDefined(whole.dDc, 'dDc') as tf.Tensor2D; // of the shape of ΔD_c
    return { A: matMul(dDc, tf.transpose(B)), B: matMul(tf.transpose(A), dDc) };
  },
};

/** A `[n, rank]`, Kaiming-uniform with a = √5 as LoRA's first matrix, and B `[rank, p·k·q·k]`, zero: ΔD_c = A·B. */
function lowRankTrainables(coding: AtomCoding, layer: ConvolutionSpec, rank: number): Trainable[] {
  const { atoms, cols } = codedShape(coding, layer);
  const bound = 1 / Math.sqrt(atoms);
  const uniform = (random: Random) =>
    Float32Array.from({ length: atoms * rank }, () => bound * (2 * random.uniform() - 1));
  return [
    { name: 'A', shape: [atoms, rank], initial: uniform },
    { name: 'B', shape: [rank, cols], initial: () => new Float32Array(rank * cols) },
  ];
}

/** ΔD_c `[n, p·k·q·k]`, trained as it is or as A·B. */
function changeOf({ dDc, A, B }: Tensors): tf.Tensor2D {
  return dDc
    ? (dDc as tf.Tensor2D)
    : matMul(assertDefined(A, 'A') as tf.Tensor2D, assertDefined(B, 'B') as tf.Tensor2D); // declared 2-D
}

/** The coding that the options of such a method describe. */
export const blockCoding = (method: Pick<TuningMethod, 'options'>, options: SettingOptions): AtomCoding => ({
  m: option(method, options, 'm'),
  kc: option(method, options, 'kc'),
  capped: option(method, options, 'capped') === 1,
});

/** ΔD_c `[n, p·k·q·k]`, initially zero. */
export function blockTrainable(coding: AtomCoding, layer: ConvolutionSpec): Trainable {
  const { atoms, cols } = codedShape(coding, layer);
  return { name: 'dDc', shape: [atoms, cols], initial: () => new Float32Array(atoms * cols) };
}

/** ΔW ⊙ s `[k, k, c_in, c_out]` from ΔD_c. */
export function blockUpdate(
  coding: AtomCoding,
  { dDc }: Tensors,
  { blockCoefficients, scale }: Frozen,
  layer: ConvolutionSpec,
): tf.Tensor4D {
  const change = tf.transpose(assertDefined(dDc, 'dDc') as tf.Tensor2D); // declared 2-D
  const columns = matMul(change, assertDefined(blockCoefficients, 'blockCoefficients'));
  return foldBlocks(columns, scale, blocksOf(coding, layer));
}

/** ∂L/∂ΔD_c = α_cᵀ·∂L/∂X from `dKernel`, the gradient with respect to K = (W + ΔW) ⊙ s, `[k, k, c_in, c_out]`. */
export function blockGradients(
  coding: AtomCoding,
  dKernel: tf.Tensor4D,
  { blockCoefficients, scale }: Frozen,
  layer: ConvolutionSpec,
): Tensors {
  const columns = unfoldBlocks(dKernel, scale, blocksOf(coding, layer));
  const coefficients = assertDefined(blockCoefficients, 'blockCoefficients');
  const right = derivedTensor(coefficients, 'transposed', () => tf.transpose(toFp32(coefficients)));
  return { dDc: tf.transpose(matMul(columns, right)) };
}

function blocksOf(coding: AtomCoding, layer: ConvolutionSpec): BlockAttributes {
  const { block } = codedShape(coding, layer);
  return { ...block, k: layer.kernel };
}
