import * as tf from '@tensorflow/tfjs';
import { inSingles } from '../ops/convert';
import { ATOMS_PER_LAYER, FROM_STAGE, given, option, type TuningMethod } from './method';

/**
 * ΔD₁, β: every input channel mixes atoms of its own from a common set, which is larger than what they span.
 * ΔW[o,i] = Σ_j α[o,i,j] Σ_l β[i,j,l]·D₁[j,l] (METHOD §2).
 */
export const overcompleteAtoms: TuningMethod = {
  id: 'overcomplete-atoms',
  label: 'Overcomplete atoms',
  symbol: 'ΔD₁+β',
  description: 'Trains several atoms in place of each and how every input channel mixes them.',
  paper: '',
  learningRate: 1e-3,
  options: [
    ATOMS_PER_LAYER,
    {
      id: 'm1',
      label: 'Atoms in place of each (m₁)',
      help: 'Trained numbers, memory and time grow with it; the paper uses 2 to 4.',
      default: 3,
      min: 1,
      max: 8,
    },
    FROM_STAGE,
  ],
  atoms: (options) => option(overcompleteAtoms, options, 'm'),
  atomChange: null,
  trainables: ({ kernel, cIn }, options) => {
    if (kernel === 1) return [];
    const m = option(overcompleteAtoms, options, 'm');
    const m1 = option(overcompleteAtoms, options, 'm1');
    const deviation = Math.sqrt(1 / (3 * m * m1));
    return [
      { name: 'D1', shape: [m, m1, kernel ** 2], initial: () => new Float32Array(m * m1 * kernel ** 2) },
      {
        name: 'beta',
        shape: [cIn, m, m1],
        initial: (random) => Float32Array.from({ length: cIn * m * m1 }, () => deviation * random.normal()),
      },
    ];
  },
  update: ({ D1, beta }, { coefficients }, { kernel, cIn, cOut }) => {
    const byAtom = tf.transpose(given(beta, 'beta') as tf.Tensor3D, [1, 0, 2]); // [m, c_in, m₁], as declared above
    const atoms = tf.matMul(byAtom, given(D1, 'D1') as tf.Tensor3D); // [m, c_in, k²]
    const alpha = inSingles(given(coefficients, 'coefficients')).reshape<tf.Tensor3D>([-1, cIn, cOut]);
    const perChannel = tf.matMul(tf.transpose(atoms, [1, 2, 0]), tf.transpose(alpha, [1, 0, 2])); // [c_in, k², c_out]
    return tf.transpose(perChannel, [1, 0, 2]).reshape([kernel, kernel, cIn, cOut]);
  },
};
