/**
 * A sweep: settings × values × seeds as a list of runs. With a search, what comes next depends on how the first runs ended, so
 * the list is a function of the sweep and the outcomes so far. No React and no DOM here: the command line sweeps alike.
 */
import { optionsFault } from '../../src/methods/option-fault';
import type { Augmentation, RunConfig, SettingOptions, SettingSummary } from '../../src/worker/protocol';
import { type Hyperparameters, learningRateOf, PROBE_SETTING, runConfig } from './defaults';

/** What the person asks for beyond one run of each setting. */
export interface SweepChoice {
  /** Runs of everything that is compared, with the training seed and those after it. */
  seeds: number;
  /** Values to try, by setting id, then by option id or `lr`. What is not named keeps its one value. */
  values: Record<string, Record<string, number[]>>;
  /** Looks for every setting's learning rate first, with the same number of short runs for each. */
  findRates: boolean;
  /** Of a setting's several values, drops the worse half twice, after short runs. */
  halving: boolean;
}

export const NO_SWEEP: SweepChoice = { seeds: 1, values: {}, findRates: false, halving: false };

/** The values' name of the learning rate, beside the options' ids. */
export const RATE = 'lr';

/** What a learning-rate search multiplies a setting's rate by. */
export const RATE_FACTORS = [0.1, 0.3, 1, 3, 10] as const;
/** Parts of the full epochs: of a learning-rate search, and of the halving's two rounds. */
const SEARCH_PART = 1 / 3;
const HALVING_PARTS = [1 / 4, 1 / 2] as const;

export interface Sweep {
  settings: readonly SettingSummary[];
  hyperparameters: Hyperparameters;
  choice: SweepChoice;
  /** What the data asks for. */
  augmentation: Augmentation;
}

/** `search` runs choose values by their validation accuracy and are not compared; `final` runs are. */
export type Role = 'search' | 'final';

export interface Trial {
  setting: SettingSummary;
  role: Role;
  config: RunConfig;
}

/** How a trial ended: validation accuracy, 0–1, and loss after its last epoch; null where it did not get there. */
export type Outcome = { accuracy: number; loss: number } | null;

/** Equal for equal trials. */
export const trialKey = ({ role, config }: Pick<Trial, 'role' | 'config'>) => canonical([role, config]);

/** What runs have in common that differ in nothing but their seed. */
export const armKey = (config: RunConfig) => canonical({ ...config, seed: 0 });

/** JSON whose keys are in order: a configuration comes back from the engine with its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** One choice of values. */
interface Arm {
  setting: SettingSummary;
  options: SettingOptions;
  learningRate: number;
}

/**
 * All trials that are wanted as far as the outcomes tell, in their order, those that are over among them: searches, then everything
 * that is compared with the first seed, with the second, and so on.
 */
export function wantedTrials(sweep: Sweep, outcomes: ReadonlyMap<string, Outcome>): Trial[] {
  const trials = sweep.settings.flatMap((setting) => trialsOf(sweep, armsOf(sweep, setting), outcomes));
  const turn = ({ role, config }: Trial) => (role === 'search' ? -1 : config.seed);
  // Rates beside each other have searches in common.
  const distinct = new Map(trials.map((trial) => [trialKey(trial), trial] as const));
  return [...distinct.values()].sort((a, b) => turn(a) - turn(b));
}

/** Runs that a sweep may have. */
export const MOST_RUNS = 500;

/** Why the sweep cannot start, and what to do; null where it can. */
export const sweepObstacle = (sweep: Sweep): string | null => impossibleValue(sweep) ?? tooLarge(sweep);

/** Of the chosen values and of those to try. */
function impossibleValue({ settings, choice }: Sweep): string | null {
  for (const setting of settings) {
    if (setting.fault) return `${setting.fault} Correct the value or deselect ${setting.label}.`;
    const values = choice.values[setting.id] ?? {};
    const fault = setting.options
      .flatMap(({ id }) => (values[id] ?? []).map((value) => ({ [id]: value })))
      .flatMap((chosen) => optionsFault(setting, chosen) ?? [])[0];
    if (fault)
      return `${fault} The value is in the sweep. Correct it under “Several values”, or deselect ${setting.label}.`;
  }
  return null;
}

function tooLarge({ settings, choice }: Sweep): string | null {
  const arms = settings.map(({ id }) =>
    Object.values(choice.values[id] ?? {}).reduce((product, values) => product * (values.length || 1), 1),
  );
  const each = (choice.findRates ? RATE_FACTORS.length : 0) + choice.seeds;
  const runs = each * arms.reduce((sum, count) => sum + count, 0);
  return runs > MOST_RUNS
    ? `The sweep would have about ${runs} runs. At most ${MOST_RUNS} are possible. Use fewer values or seeds.`
    : null;
}

/** As many trials as there will be, however they end; none of a sweep that cannot start. */
export function allTrials(sweep: Sweep): Trial[] {
  if (sweepObstacle(sweep)) return [];
  const outcomes = new Map<string, Outcome>();
  for (;;) {
    const trials = wantedTrials(sweep, outcomes);
    const open = trials.filter((trial) => !outcomes.has(trialKey(trial)));
    if (open.length === 0) return trials;
    for (const trial of open) outcomes.set(trialKey(trial), null);
  }
}

function trialsOf(sweep: Sweep, arms: readonly Arm[], outcomes: ReadonlyMap<string, Outcome>): Trial[] {
  const { choice, hyperparameters } = sweep;
  const trials: Trial[] = [];
  /** Has short runs of these arms; their outcomes, or null while some are missing. */
  const search = (searched: readonly Arm[], part: number): Outcome[] | null => {
    const added = searched.map((arm) => trialOf(sweep, arm, 'search', part, hyperparameters.seed));
    trials.push(...added);
    const found = added.map((trial) => outcomes.get(trialKey(trial)));
    return found.every((outcome) => outcome !== undefined) ? found : null;
  };
  let left = arms;
  if (choice.findRates) {
    const byArm = arms.map((arm) => {
      const rates = RATE_FACTORS.map((factor) => ({
        ...arm,
        learningRate: rounded(arm.learningRate * factor),
      }));
      const found = search(rates, SEARCH_PART);
      return found && rates[best(found)];
    });
    if (byArm.some((arm) => !arm)) return trials;
    left = byArm.filter((arm) => arm != null);
  }
  if (choice.halving && arms.length > 1) {
    for (const part of HALVING_PARTS) {
      if (left.length === 1) break;
      const found = search(left, part);
      if (!found) return trials;
      const order = ranked(found).slice(0, Math.ceil(left.length / 2));
      left = left.filter((_, index) => order.includes(index));
    }
  }
  const seeds = Array.from({ length: choice.seeds }, (_, index) => hyperparameters.seed + index);
  const finals = left.flatMap((arm) => seeds.map((seed) => trialOf(sweep, arm, 'final', 1, seed)));
  return [...trials, ...finals];
}

/** Every combination of the values given for a setting. */
function armsOf({ hyperparameters, choice }: Sweep, setting: SettingSummary): Arm[] {
  const values = choice.values[setting.id] ?? {};
  const chosen = hyperparameters.options[setting.id] ?? {};
  let combinations: SettingOptions[] = [{}];
  for (const option of setting.options) {
    const one = chosen[option.id] ?? option.default;
    const several = values[option.id] ?? [];
    combinations = combinations.flatMap((combination) =>
      (several.length > 0 ? several : [one]).map((value) => ({ ...combination, [option.id]: value })),
    );
  }
  const rates = values[RATE] ?? [];
  return combinations.flatMap((options) =>
    (rates.length > 0 ? rates : [learningRateOf(setting, hyperparameters)]).map((learningRate) => ({
      setting,
      options,
      learningRate,
    })),
  );
}

function trialOf(
  { hyperparameters, augmentation }: Sweep,
  { setting, options, learningRate }: Arm,
  role: Role,
  part: number,
  seed: number,
): Trial {
  const inPart = (epochs: number) => Math.max(1, Math.ceil(epochs * part));
  const own: Hyperparameters = {
    ...hyperparameters,
    seed,
    epochs: inPart(hyperparameters.epochs),
    options: { ...hyperparameters.options, [setting.id]: options },
    learningRates: { ...hyperparameters.learningRates, [setting.id]: learningRate },
  };
  // The probe's numbers are every setting's warm start, too: only its own trials may change them.
  if (setting.id === PROBE_SETTING)
    own.probe = { ...hyperparameters.probe, learningRate, epochs: inPart(hyperparameters.probe.epochs) };
  return { setting, role, config: runConfig(setting, own, augmentation) };
}

/** Places of the outcomes, best first: by accuracy, then by loss, then as given. */
function ranked(outcomes: readonly Outcome[]): number[] {
  const { NEGATIVE_INFINITY: none } = Number;
  return outcomes
    .map((outcome, place) => ({
      place,
      accuracy: outcome?.accuracy ?? none,
      gain: -(outcome?.loss ?? -none),
    }))
    .sort((a, b) => b.accuracy - a.accuracy || b.gain - a.gain || a.place - b.place)
    .map(({ place }) => place);
}

const best = (outcomes: readonly Outcome[]): number => ranked(outcomes)[0] ?? 0;

/** 0.003, not 0.0030000000000000005. */
const rounded = (rate: number) => Number(rate.toPrecision(6));
