import * as tf from '@tensorflow/tfjs';
import { plainAtoms } from '../decompose/atom-coding';
import { BLOCK_OPTIONS, blockCoding, blockGradients, blockTrainable, blockUpdate } from './coefficient-atoms';
import { ATOMS_PER_LAYER, layerOptions, option, type TuningMethod } from './method';
import {
  ATOMS_IN_PLACE,
  overcompleteGradients,
  overcompleteTrainables,
  overcompleteUpdate,
} from './overcomplete-atoms';

/**
 * ΔD₁, β and ΔD_c together: the sum of both updates (docs/method.md §2). 1×1 kernels have block atoms only, because a plain atom of a
 * 1×1 kernel is a single number.
 */
export const allAtoms: TuningMethod = {
  id: 'all-atoms',
  label: 'All atoms',
  symbol: 'ΔD₁+β+ΔDc',
  description: 'Trains overcomplete atoms and coefficient atoms together.',
  advice: 'Take it to repeat the paper’s experiments with the most parameters.',
  paper: '',
  learningRate: 1e-3,
  rateExponents: {},
  options: [ATOMS_PER_LAYER, ATOMS_IN_PLACE, ...BLOCK_OPTIONS, ...layerOptions(true)],
  decompositions: ({ kernel }, options) => ({
    ...(kernel > 1 ? { plain: plainAtoms(option(allAtoms, options, 'm')) } : {}),
    blocks: blockCoding(allAtoms, options),
  }),
  atomChange: null,
  trainables: (layer, options) => [
    ...(layer.kernel > 1
      ? overcompleteTrainables(layer, option(allAtoms, options, 'm'), option(allAtoms, options, 'm1'))
      : []),
    blockTrainable(blockCoding(allAtoms, options), layer),
  ],
  update: (trainables, frozen, layer, options) => {
    const ofBlocks = blockUpdate(blockCoding(allAtoms, options), trainables, frozen, layer);
    return trainables.D1 ? tf.add(overcompleteUpdate(trainables, frozen, layer), ofBlocks) : ofBlocks;
  },
  gradients: (gradient, trainables, frozen, options) => {
    const dKernel = gradient.kernel();
    return {
      ...(trainables.D1 ? overcompleteGradients(dKernel, trainables, frozen) : {}),
      ...blockGradients(blockCoding(allAtoms, options), dKernel, frozen, gradient.layer),
    };
  },
};
