import * as tf from '@tensorflow/tfjs';
import type { SettingOption, SettingOptions } from '../core/setting';
import { type BasisSpec, layerRank, positionsOf } from '../decompose/bases';
import { coreKernel, coreUpdate } from '../ops/core-kernel';
import { derivedTensor } from '../ops/frozen';
import { matMul } from '../ops/mat-mul';
import { assertDefined, type Frozen, layerOptions, option, type TuningMethod } from './method';

const RANK: SettingOption = {
  id: 'r',
  label: 'Directions per side (r)',
  help: 'How many leading directions of the output and of the input channels the core connects. The parameters grow with r².',
  default: 8,
  min: 1,
  max: 32,
};

/**
 * Core atoms, this project's own extension: a small core C `[r, r, m']` is trained in frozen bases of the pretrained kernel,
 * ΔW[o,i,p] = Σ_{a,b,j} C[a,b,j]·U[o,a]·V[i,b]·P[j,p] (docs/method.md §2).
 */
export const coreAtoms: TuningMethod = {
  id: 'core-atoms',
  label: 'Core atoms',
  symbol: 'ΔC',
  description:
    'Trains a small core that connects the leading directions of each kernel’s output and input channels. The directions stay frozen. This project’s own extension, not from the paper.',
  advice: 'Take it to change the spatial patterns and the channels of every kernel with a small file.',
  paper: '',
  learningRate: 1e-2,
  rateExponents: {},
  options: [RANK, ...layerOptions(true)],
  decompositions: (_layer, options) => ({ bases: basesFor(options) }),
  atomChange: null,
  trainables: (layer, options) => {
    const r = layerRank(basesFor(options), layer);
    const shape = [r, r, positionsOf(layer)];
    return [{ name: 'C', shape, initial: () => new Float32Array(r * r * positionsOf(layer)) }];
  },
  update: ({ C }, frozen, { kernel, cIn, cOut }) => {
    const { V, outputs } = factors(C, frozen);
    return coreUpdate({ inputs: V, outputs }).reshape([kernel, kernel, cIn, cOut]);
  },
  kernel: ({ C }, frozen) => {
    const { V, outputs } = factors(C, frozen);
    return coreKernel({ folded: frozen.folded, inputs: V, outputs }, {});
  },
  gradients: (gradient, _trainables, { bases }) => {
    const { U, V, P } = matrices(bases);
    const byTap = tf.transpose(gradient.core(V, U), [2, 1, 0]); // [a, b, k²]
    if (!P) return { C: byTap };
    const [r, , taps] = byTap.shape;
    const right = derivedTensor(P, 'transposed', () => tf.transpose(P));
    return { C: matMul(byTap.reshape([r * r, taps]), right).reshape([r, r, P.shape[0]]) };
  },
};

const basesFor = (options: SettingOptions): BasisSpec => ({
  form: 'channels',
  rank: option(coreAtoms, options, 'r'),
});

/** U ⊙ s `[c_out, r]`, V `[c_in, r]`, and P `[m', k²]` unless it is the identity. */
function matrices(bases: Frozen['bases']): { U: tf.Tensor2D; V: tf.Tensor2D; P: tf.Tensor2D | null } {
  const { U, V, P = null } = assertDefined(bases, 'bases');
  // Matrices by `basisShapes`.
  return {
    U: assertDefined(U, 'U') as tf.Tensor2D,
    V: assertDefined(V, 'V') as tf.Tensor2D,
    P: P as tf.Tensor2D | null,
  };
}

/** V, and outputs[p,b,o] = Σ_{a,j} C[a,b,j]·P[j,p]·(U ⊙ s)[o,a], `[k², r, c_out]`. */
function factors(core: tf.Tensor | undefined, { bases }: Frozen): { V: tf.Tensor2D; outputs: tf.Tensor3D } {
  const { U, V, P } = matrices(bases);
  const C = assertDefined(core, 'C') as tf.Tensor3D; // declared 3-D
  const [r, , m] = C.shape;
  const atTaps = P ? matMul(C.reshape([r * r, m]), P).reshape<tf.Tensor3D>([r, r, P.shape[1]]) : C;
  const byTap = tf.transpose(atTaps, [2, 1, 0]); // [p, b, a]
  const right = derivedTensor(U, 'transposed', () => tf.transpose(U));
  const outputs = matMul(byTap.reshape([-1, r]), right).reshape<tf.Tensor3D>([byTap.shape[0], r, U.shape[0]]);
  return { V, outputs };
}
