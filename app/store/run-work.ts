/**
 * The work of runs, in forward passes of one image through the whole backbone. Times that were measured for one choice are scaled
 * with it to others. It is a model: within a factor of about two.
 */
import type { BackboneSummary } from '../../src/core/backbone';
import type { RunConfig } from '../../src/core/run';
import { PROBE_SETTING } from './defaults';
import type { Trial } from './sweep';

/** A training step per image, in forward passes, if all stages are tuned. */
const STEP = 4;

export interface WorkFor {
  backbone: Pick<BackboneSummary, 'convolutions' | 'inputSize'>;
  images: { train: number; val: number; test: number };
}

/** Multiplications of a forward pass of one image, in the stages from `from` on: 0 for the stem, 1 for the first stage. */
export function multiplications({ convolutions, inputSize }: WorkFor['backbone'], from = 0): number {
  return convolutions.reduce((sum, { name, kernel, cIn, cOut }) => {
    const stage = Number(/^layer(\d+)\./.exec(name)?.[1] ?? 0);
    if (stage < from) return sum;
    // The stem and the pooling halve the image, and so does every stage after the first.
    const side = stage === 0 ? inputSize / 2 : inputSize / 2 ** (stage + 1);
    return sum + kernel ** 2 * cIn * cOut * side ** 2;
  }, 0);
}

/** The work of one epoch with its validation; none for the linear probe, whose features are computed once for all runs. */
export function epochWork({ setting, options }: RunConfig, { backbone, images }: WorkFor): number {
  if (setting === PROBE_SETTING) return 0;
  const tuned = multiplications(backbone, options.from ?? 0) / multiplications(backbone);
  return images.train * (1 + (STEP - 1) * tuned) + images.val;
}

/** The work of one run without the features: its epochs, the validation before the first, and the test images at its end. */
export function runWork({ config, role }: Pick<Trial, 'config' | 'role'>, given: WorkFor): number {
  if (config.setting === PROBE_SETTING) return 0;
  const { val, test } = given.images;
  return config.epochs * epochWork(config, given) + val + (role === 'final' ? test : 0);
}

/** The work of all these runs, with the features of all images. */
export const sweepWork = (trials: readonly Trial[], given: WorkFor): number =>
  trials.length === 0
    ? 0
    : trials.reduce((sum, trial) => sum + runWork(trial, given), given.images.train + given.images.val);
