import * as tf from '@tensorflow/tfjs';
import type { ConvolutionSpec } from '../backbone/layout';
import type { SettingOption } from '../core/setting';
import { plainAtoms } from '../decompose/atom-coding';
import { toFp32 } from '../ops/convert';
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

/** m₁, the number of atoms that replace each plain atom. */
export const ATOMS_IN_PLACE: SettingOption = {
  id: 'm1',
  label: 'Atoms in place of one (m₁)',
  help: 'Every atom is replaced by m₁ atoms. More can represent more changes but take more memory and time. The paper uses 2 to 4.',
  default: 3,
  min: 1,
  max: 8,
};

/**
 * ΔD₁, β: each atom is replaced by m₁ atoms, and every input channel has its own mixture of them.
 * ΔW[o,i] = Σ_j α[o,i,j] Σ_l β[i,j,l]·D₁[j,l] (docs/method.md §2).
 */
export const overcompleteAtoms: TuningMethod = {
  id: 'overcomplete-atoms',
  label: 'Overcomplete atoms',
  symbol: 'ΔD₁+β',
  description:
    'Trains several atoms in place of each atom, and the weights with which every input channel mixes them.',
  advice: 'Take it to repeat the paper’s experiments.',
  paper: '',
  learningRate: 3e-2,
  rateExponents: {},
  options: [ATOMS_PER_LAYER, ATOMS_IN_PLACE, ...layerOptions(false)],
  decompositions: (_layer, options) => ({ plain: plainAtoms(option(overcompleteAtoms, options, 'm')) }),
  atomChange: null,
  trainables: (layer, options) =>
    overcompleteTrainables(
      layer,
      option(overcompleteAtoms, options, 'm'),
      option(overcompleteAtoms, options, 'm1'),
    ),
  update: overcompleteUpdate,
  gradients: (gradient, trainables, frozen) => overcompleteGradients(gradient.kernel(), trainables, frozen),
};

/** D₁ `[m, m₁, k²]`, initially zero, and β `[c_in, m, m₁]` ~ N(0, 1/(3·m·m₁)). */
export function overcompleteTrainables({ kernel, cIn }: ConvolutionSpec, m: number, m1: number): Trainable[] {
  const deviation = Math.sqrt(1 / (3 * m * m1));
  return [
    { name: 'D1', shape: [m, m1, kernel ** 2], initial: () => new Float32Array(m * m1 * kernel ** 2) },
    {
      name: 'beta',
      shape: [cIn, m, m1],
      initial: (random) => Float32Array.from({ length: cIn * m * m1 }, () => deviation * random.normal()),
    },
  ];
}

/** ΔW ⊙ s `[k, k, c_in, c_out]` from D₁ and β. */
export function overcompleteUpdate(
  trainables: Tensors,
  frozen: Frozen,
  { kernel, cIn, cOut }: ConvolutionSpec,
): tf.Tensor4D {
  const { D1, byAtom } = factors(trainables);
  const atoms = tf.matMul(byAtom, D1); // [m, c_in, k²]
  const perChannel = tf.matMul(tf.transpose(atoms, [1, 2, 0]), alphaByInput(frozen, cIn)); // [c_in, k², c_out]
  return tf.transpose(perChannel, [1, 0, 2]).reshape([kernel, kernel, cIn, cOut]);
}

/**
 * The gradients of D₁ and β from `dKernel` `[k, k, c_in, c_out]`, by way of the gradient of each input channel's mixed atoms,
 * Σ_o α[o,i,j]·∂L/∂K[o,i], `[m, c_in, k²]`.
 */
export function overcompleteGradients(dKernel: tf.Tensor4D, trainables: Tensors, frozen: Frozen): Tensors {
  const [kernel, , cIn, cOut] = dKernel.shape;
  const { D1, byAtom } = factors(trainables);
  const byInput = tf.transpose(dKernel.reshape<tf.Tensor3D>([kernel ** 2, cIn, cOut]), [1, 2, 0]); // [c_in, c_out, k²]
  const perChannel = tf.matMul(alphaByInput(frozen, cIn), byInput); // [c_in, m, k²]
  const dAtoms = tf.transpose(perChannel, [1, 0, 2]);
  return {
    D1: tf.matMul(tf.transpose(byAtom, [0, 2, 1]), dAtoms),
    beta: tf.transpose(tf.matMul(dAtoms, tf.transpose(D1, [0, 2, 1])), [1, 0, 2]),
  };
}

/** D₁ `[m, m₁, k²]` and β as `[m, c_in, m₁]`. */
function factors({ D1, beta }: Tensors): { D1: tf.Tensor3D; byAtom: tf.Tensor3D } {
  // Declared 3-D in `overcompleteTrainables`.
  return {
    D1: assertDefined(D1, 'D1') as tf.Tensor3D,
    byAtom: tf.transpose(assertDefined(beta, 'beta') as tf.Tensor3D, [1, 0, 2]),
  };
}

/** α ⊙ s as `[c_in, m, c_out]`. */
function alphaByInput({ coefficients }: Frozen, cIn: number): tf.Tensor3D {
  const alpha = toFp32(assertDefined(coefficients, 'coefficients'));
  const [m] = alpha.shape;
  return tf.transpose(alpha.reshape<tf.Tensor3D>([m, cIn, -1]), [1, 0, 2]);
}
