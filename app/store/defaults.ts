/**
 * The one table of a run's defaults (docs/method.md §5) and how they become a `RunConfig`. No React and no DOM here: the
 * command line starts from the same numbers.
 */
import type {
  Augmentation,
  DatasetSummary,
  RunConfig,
  SettingOptions,
  SettingSummary,
} from '../../src/worker/protocol';

/** The setting that trains the head alone; it takes its numbers from `Hyperparameters.probe`. */
export const PROBE_SETTING = 'linear-probe';

/** What "Try the sample" runs, and what is chosen on a first visit. */
export const FIRST_SETTINGS: readonly string[] = [PROBE_SETTING, 'atoms', 'lora'];

/** Atoms per layer shown on the Backbone step. */
export const ATOM_COUNT = { default: 9, min: 3, max: 12 } as const;

/** What the person may turn; everything not touched keeps its default. */
export interface Hyperparameters {
  epochs: number;
  batchSize: number;
  headLearningRate: number;
  weightDecay: number;
  warmup: number;
  dropout: number;
  /** Null: what the data set asks for. */
  augmentation: Augmentation | null;
  /** Fixed views of each image; 0 for new ones in every epoch. */
  views: number;
  seed: number;
  /** Epochs without progress after which a run ends; 0 for never. */
  patience: number;
  warmStart: boolean;
  probe: RunConfig['probe'];
  /** Megabytes a run may take; null: the engine chooses. */
  memoryCap: number | null;
  /** By setting id; a setting not named here uses its own. */
  learningRates: Record<string, number>;
  /** By setting id, then option id; an option not named here uses its own default. */
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

/** The engine counts bytes. */
export const memoryCapBytes = ({ memoryCap }: Pick<Hyperparameters, 'memoryCap'>) =>
  memoryCap === null ? null : memoryCap * 1e6;

/** What to ask the engine for every setting's counts and plan. Before there is data, nothing is augmented. */
export function settingsQuestion(
  hyperparameters: Hyperparameters,
  dataset: Pick<DatasetSummary, 'augmentation'> | null,
) {
  const { options, batchSize, views } = hyperparameters;
  const augmentation = hyperparameters.augmentation ?? dataset?.augmentation ?? 'none';
  return { options, batchSize, augmentation, views, memoryCap: memoryCapBytes(hyperparameters) };
}

/** The learning rate a run of `setting` has with these hyperparameters. */
export const learningRateOf = (
  { id, learningRate }: SettingSummary,
  { probe, learningRates }: Hyperparameters,
) => (id === PROBE_SETTING ? probe.learningRate : (learningRates[id] ?? learningRate));

/** A run of `setting` with these hyperparameters. The linear probe is trained by the probe's numbers alone. */
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
