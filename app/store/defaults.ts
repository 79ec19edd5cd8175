/**
 * The defaults of all hyperparameters (docs/method.md §5), and the function that makes a `RunConfig` from them. Uses neither
 * React nor the DOM, because the command line uses the same defaults.
 */

import type { Augmentation, DatasetSummary } from '../../src/core/dataset';
import type { RunConfig } from '../../src/core/run';
import type { SettingOptions, SettingSummary } from '../../src/core/setting';
import { defaultLearningRate } from '../../src/methods/default-learning-rate';

/** The setting that trains only the head. It uses the hyperparameters in `Hyperparameters.probe`. */
export const PROBE_SETTING = 'linear-probe';

/** The settings that "Try the sample" runs. They are also selected on the first visit. */
export const FIRST_SETTINGS: readonly string[] = [PROBE_SETTING, 'atoms', 'core-atoms', 'lora', 'full'];

/** The settings that Tune puts first: the baseline and two small ones. */
export const RECOMMENDED_SETTINGS: readonly string[] = ['lora-xs', 'atoms', PROBE_SETTING];

/** Atoms per layer shown on the Backbone step. */
export const ATOM_COUNT = { default: 9, min: 3, max: 12 } as const;

/** The hyperparameters that the person can change. */
export interface Hyperparameters {
  epochs: number;
  batchSize: number;
  headLearningRate: number;
  weightDecay: number;
  warmup: number;
  dropout: number;
  /** Null: the data set's default. */
  augmentation: Augmentation | null;
  /** Number of fixed augmented views of each image; 0: new views in every epoch. */
  views: number;
  seed: number;
  /** A run ends after this many epochs without improvement; 0: never. */
  patience: number;
  warmStart: boolean;
  probe: RunConfig['probe'];
  /** Memory limit of a run in megabytes; null: the engine chooses. */
  memoryCap: number | null;
  /** By setting id. Other settings use their default. */
  learningRates: Record<string, number>;
  /** By setting id, then option id. Other options use their default. */
  options: Record<string, SettingOptions>;
}

export const DEFAULT_HYPERPARAMETERS: Hyperparameters = {
  epochs: 10,
  batchSize: 16,
  headLearningRate: 1e-3,
  weightDecay: 1e-4,
  warmup: 0.1,
  dropout: 0,
  augmentation: null,
  views: 0,
  seed: 0,
  patience: 0,
  warmStart: true,
  probe: { epochs: 60, learningRate: 1e-2, weightDecay: 1e-2, batchSize: 32 },
  memoryCap: null,
  learningRates: {},
  options: {},
};

/** Converts megabytes to bytes. */
export const memoryCapBytes = ({ memoryCap }: Pick<Hyperparameters, 'memoryCap'>) =>
  memoryCap === null ? null : memoryCap * 1e6;

/**
 * The input of the engine's call that counts parameters and plans memory for all settings. Without data there is no
 * augmentation.
 */
export function settingsQuestion(
  hyperparameters: Hyperparameters,
  dataset: Pick<DatasetSummary, 'augmentation'> | null,
) {
  const { options, batchSize, views } = hyperparameters;
  const augmentation = hyperparameters.augmentation ?? dataset?.augmentation ?? 'none';
  return { options, batchSize, augmentation, views, memoryCap: memoryCapBytes(hyperparameters) };
}

/** The learning rate of `setting` with these hyperparameters, and with `options` in place of the chosen ones. */
export const learningRateOf = (
  setting: SettingSummary,
  { probe, learningRates, options: chosen }: Hyperparameters,
  options = chosen[setting.id] ?? {},
) =>
  setting.id === PROBE_SETTING
    ? probe.learningRate
    : (learningRates[setting.id] ?? defaultLearningRate(setting, options));

/** The configuration of a run of `setting`. The linear probe uses only the hyperparameters in `probe`. */
export function runConfig(
  setting: SettingSummary,
  hyperparameters: Hyperparameters,
  datasetAugmentation: Augmentation,
): RunConfig {
  const chosen = hyperparameters.options[setting.id] ?? {};
  const common = {
    setting: setting.id,
    options: Object.fromEntries(
      setting.options.map((option) => [option.id, chosen[option.id] ?? option.default]),
    ),
    headLearningRate: hyperparameters.headLearningRate,
    warmup: hyperparameters.warmup,
    dropout: hyperparameters.dropout,
    augmentation: hyperparameters.augmentation ?? datasetAugmentation,
    views: hyperparameters.views,
    seed: hyperparameters.seed,
    patience: hyperparameters.patience,
    warmStart: hyperparameters.warmStart,
    probe: { ...hyperparameters.probe },
  };
  if (setting.id === PROBE_SETTING) return { ...common, ...hyperparameters.probe };
  return {
    ...common,
    epochs: hyperparameters.epochs,
    batchSize: hyperparameters.batchSize,
    learningRate: learningRateOf(setting, hyperparameters),
    weightDecay: hyperparameters.weightDecay,
  };
}
