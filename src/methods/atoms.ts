import * as tf from '@tensorflow/tfjs';
import { plainAtoms } from '../decompose/atom-coding';
import { atomKernel } from '../ops/atom-kernel';
import { matMul } from '../ops/mat-mul';
import { ATOMS_PER_LAYER, assertDefined, layerOptions, option, type TuningMethod } from './method';

/** ΔD: the atoms change, the coefficients stay frozen. ΔW[o,i] = Σ_j α[o,i,j]·ΔD[j] (docs/method.md §2). */
export const atoms: TuningMethod = {
  id: 'atoms',
  label: 'Atoms',
  symbol: 'ΔD',
  description: 'Trains a change ΔD of each layer’s atoms. The coefficients stay frozen.',
  advice:
    'Take it when only spatial patterns have to change. Of the settings from the paper that train the backbone, it has the smallest adapter file.',
  paper:
    'ResNet-50 on CIFAR-100, atoms only: accuracy 66.86 % (m = 6) and 68.68 % (m = 12). Chen et al., ICLR 2025.',
  learningRate: 1e-2,
  rateExponents: { m: -1.5 },
  options: [ATOMS_PER_LAYER, ...layerOptions(false)],
  decompositions: (_layer, options) => ({ plain: plainAtoms(option(atoms, options, 'm')) }),
  atomChange: 'dD',
  trainables: ({ kernel }, options) => {
    const m = option(atoms, options, 'm');
    return [{ name: 'dD', shape: [m, kernel ** 2], initial: () => new Float32Array(m * kernel ** 2) }];
  },
  update: ({ dD }, { coefficients }, { kernel, cIn, cOut }) => {
    const change = tf.transpose(assertDefined(dD, 'dD') as tf.Tensor2D); // [k², m]; dD is declared 2-D
    return matMul(change, assertDefined(coefficients, 'coefficients')).reshape([kernel, kernel, cIn, cOut]);
  },
  kernel: ({ dD }, { folded, coefficients }) =>
    atomKernel(
      {
        folded,
        coefficients: assertDefined(coefficients, 'coefficients'),
        change: assertDefined(dD, 'dD') as tf.Tensor2D, // declared 2-D
      },
      {},
    ),
  gradients: (gradient, _trainables, { coefficients }) => ({
    dD: gradient.atoms(assertDefined(coefficients, 'coefficients')),
  }),
};
