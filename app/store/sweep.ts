/**
 * A sweep: settings × values × seeds as a list of runs. In a search, the next runs depend on the outcomes of earlier ones, so
 * the list is a function of the sweep and the outcomes so far. Uses neither React nor the DOM, because the command line uses it
 * too.
 */

import { canonical } from '../../src/canonical';
import type { Augmentation } from '../../src/core/dataset';
import type { RunConfig } from '../../src/core/run';
import type { SettingOptions, SettingSummary } from '../../src/core/setting';
import { optionsFault } from '../../src/methods/option-fault';
import { type Hyperparameters, learningRateOf, PROBE_SETTING, runConfig } from './defaults';

/** The person's choices beyond one run of each setting. */
export interface SweepChoice {
  /** Number of seeds of each compared run, starting with the training seed. */
  seeds: number;
  /** Values to try, by setting id, then by option id or `lr`. Other options have one value. */
  values: Record<string, Record<string, number[]>>;
  /**
   * Searches for the learning rate of every setting first, with the same number of short runs for each. Null: as `decided` says.
   */
  findRates: boolean | null;
  /** If a setting has several values, discards the worse half twice after short runs. */
  halving: boolean;
}

export const NO_SWEEP: SweepChoice = { seeds: 1, values: {}, findRates: null, halving: false };

/** The key of the learning rate in `SweepChoice.values`. */
export const RATE = 'lr';

/** The factors by which a learning-rate search multiplies a setting's rate. */
export const RATE_FACTORS = [0.1, 0.3, 1, 3, 10] as const;
/** Fractions of the full number of epochs: for a learning-rate search, and for the two rounds of halving. */
const SEARCH_PART = 1 / 3;
/** A search for learning rates that nobody chose or declined is made if it takes less than this part of all epochs. */
const UNASKED_PART = 1 / 3;
const HALVING_PARTS = [1 / 4, 1 / 2] as const;

export interface AskedSweep {
  settings: readonly SettingSummary[];
  hyperparameters: Hyperparameters;
  choice: SweepChoice;
  /** The data set's default augmentation. */
  augmentation: Augmentation;
}

/** It is decided whether learning rates are searched. */
export interface Sweep extends AskedSweep {
  choice: SweepChoice & { findRates: boolean };
}

/** `search` runs choose values by validation accuracy and are not compared. `final` runs are compared. */
export type Role = 'search' | 'final';

export interface Trial {
  setting: SettingSummary;
  role: Role;
  config: RunConfig;
}

/** Validation accuracy (0–1) and loss after the last epoch of a trial; null if it did not finish. */
export type Outcome = { accuracy: number; loss: number } | null;

/** Equal for equal trials. */
export const trialKey = ({ role, config }: Pick<Trial, 'role' | 'config'>) => canonical([role, config]);

/** Equal for runs that differ only in their seed. */
export const armKey = (config: RunConfig) => canonical({ ...config, seed: 0 });

/** A setting with one combination of values. */
interface Arm {
  setting: SettingSummary;
  options: SettingOptions;
  learningRate: number;
}

/**
 * All trials that can be determined from the outcomes so far, including completed ones. Search trials come first, then the
 * compared trials with the first seed, with the second, and so on.
 */
export function wantedTrials(sweep: Sweep, outcomes: ReadonlyMap<string, Outcome>): Trial[] {
  const trials = sweep.settings.flatMap((setting) => trialsOf(sweep, armsOf(sweep, setting), outcomes));
  const turn = ({ role, config }: Trial) => (role === 'search' ? -1 : config.seed);
  // Searches for neighbouring learning rates share trials.
  const distinct = new Map(trials.map((trial) => [trialKey(trial), trial] as const));
  return [...distinct.values()].sort((a, b) => turn(a) - turn(b));
}

/**
 * Decides whether learning rates are searched: as chosen; if nothing was chosen, in a comparison for which nobody gave a learning rate and
 * of whose epochs the search takes less than a third.
 */
export const decided = (asked: AskedSweep): Sweep =>
  withSearch(asked, asked.choice.findRates ?? isSearchedUnasked(asked));

const withSearch = (asked: AskedSweep, findRates: boolean): Sweep => ({
  ...asked,
  choice: { ...asked.choice, findRates },
});

function isSearchedUnasked(asked: AskedSweep): boolean {
  const { settings, hyperparameters, choice } = asked;
  const isGiven = ({ id }: SettingSummary) =>
    hyperparameters.learningRates[id] !== undefined || (choice.values[id]?.[RATE]?.length ?? 0) > 0;
  return settings.length > 1 && !settings.some(isGiven) && rateSearchPart(asked) < UNASKED_PART;
}

/** The part of all epochs that a search for learning rates takes. Epochs of the linear probe do not count: its features are cached. */
export function rateSearchPart(asked: AskedSweep): number {
  const epochs = (findRates: boolean) =>
    allTrials(withSearch(asked, findRates))
      .filter(({ setting }) => setting.id !== PROBE_SETTING)
      .reduce((sum, { config }) => sum + config.epochs, 0);
  const all = epochs(true);
  return all === 0 ? 1 : 1 - epochs(false) / all; // 0 epochs: the sweep cannot start
}

/** The largest number of runs of a sweep. */
export const MOST_RUNS = 500;

/** Why the sweep cannot start, and what to do; null if it can. */
export const sweepObstacle = (sweep: Sweep): string | null => impossibleValue(sweep) ?? sweepTooLarge(sweep);

/** Checks the chosen values and the values of the sweep. */
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

/** Why there are too many runs; null if there are not. Needs no engine. */
export function sweepTooLarge({
  settings,
  choice,
}: {
  settings: readonly { id: string }[];
  choice: SweepChoice;
}): string | null {
  const arms = settings.map(({ id }) =>
    Object.values(choice.values[id] ?? {}).reduce((product, values) => product * (values.length || 1), 1),
  );
  const each = (choice.findRates ? RATE_FACTORS.length : 0) + choice.seeds;
  const runs = each * arms.reduce((sum, count) => sum + count, 0);
  return runs > MOST_RUNS
    ? `The sweep would have about ${runs} runs. At most ${MOST_RUNS} are possible. Use fewer values or seeds.`
    : null;
}

/** All trials of the sweep. Their number does not depend on the outcomes. Empty if the sweep cannot start. */
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
  /** Adds short runs of these arms. Returns their outcomes, or null while some are missing. */
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
    (rates.length > 0 ? rates : [learningRateOf(setting, hyperparameters, options)]).map((learningRate) => ({
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
  // The probe's hyperparameters are also used for the warm start of every setting, so only its own trials may change them.
  if (setting.id === PROBE_SETTING)
    own.probe = { ...hyperparameters.probe, learningRate, epochs: inPart(hyperparameters.probe.epochs) };
  return { setting, role, config: runConfig(setting, own, augmentation) };
}

/** Indices of the outcomes, best first: by accuracy, then by loss, then by index. */
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

/** The index of the best outcome: the most accurate, of equals the one with the lowest loss. */
export const best = (outcomes: readonly Outcome[]): number => ranked(outcomes)[0] ?? 0;

/** 0.003, not 0.0030000000000000005. */
const rounded = (rate: number) => Number(rate.toPrecision(6));
