import * as tf from '@tensorflow/tfjs';
import { plainAtoms } from '../decompose/atom-coding';
import { atomKernel } from '../ops/atom-kernel';
import { matMul } from '../ops/mat-mul';
import { ATOMS_PER_LAYER, given, layerOptions, option, type TuningMethod } from './method';

/** ΔD: the atoms change, the coefficients stay frozen. ΔW[o,i] = Σ_j α[o,i,j]·ΔD[j] (docs/method.md §2). */
export const atoms: TuningMethod = {
  id: 'atoms',
  label: 'Atoms',
  symbol: 'ΔD',
  description: 'Trains a change of each layer’s atoms; the coefficients stay frozen.',
  paper: 'ResNet-50 on CIFAR-100, atoms only: 66.86 % (m = 6), 68.68 % (m = 12). Chen et al., ICLR 2025.',
  learningRate: 3e-3,
  options: [ATOMS_PER_LAYER, ...layerOptions(false)],
  codings: (_layer, options) => ({ plain: plainAtoms(option(atoms, options, 'm')) }),
  atomChange: 'dD',
  trainables: ({ kernel }, options) => {
    const m = option(atoms, options, 'm');
    return [{ name: 'dD', shape: [m, kernel ** 2], initial: () => new Float32Array(m * kernel ** 2) }];
  },
  update: ({ dD }, { coefficients }, { kernel, cIn, cOut }) => {
    const change = tf.transpose(given(dD, 'dD') as tf.Tensor2D); // [k², m]; dD is declared 2-D
    return matMul(change, given(coefficients, 'coefficients')).reshape([kernel, kernel, cIn, cOut]);
  },
  kernel: ({ dD }, { folded, coefficients }) =>
    atomKernel(
      {
        folded,
        coefficients: given(coefficients, 'coefficients'),
        change: given(dD, 'dD') as tf.Tensor2D, // declared 2-D
      },
      {},
    ),
  gradients: (gradient, _trainables, { coefficients }) => ({
    dD: gradient.atoms(given(coefficients, 'coefficients')),
  }),
};
