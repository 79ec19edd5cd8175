/** The order of runs: of a sweep, where the next run depends on the outcomes of the others, or of a list. */
import { randomUUID } from 'node:crypto';
import { memoryCapBytes } from '../app/store/defaults';
import { outcomeOf, trialNames } from '../app/store/run-record';
import { decided, type Outcome, type Sweep, trialKey, wantedTrials } from '../app/store/sweep';
import type { SettingSummary } from '../src/core/setting';
import type { Choices } from './choices';
import type { AskedRun, DataSummary, RunRecord } from './messages';

/** Yields the next run to train, and receives its record. */
export type RunPlan = Generator<AskedRun, void, RunRecord>;

export function sweepOf(
  { settings, hyperparameters, sweep }: Pick<Choices, 'settings' | 'hyperparameters' | 'sweep'>,
  known: readonly SettingSummary[],
  { augmentation }: Pick<DataSummary, 'augmentation'>,
): Sweep {
  const chosen = settings.flatMap((id) => known.find((setting) => setting.id === id) ?? []);
  return decided({ settings: chosen, hyperparameters, choice: sweep, augmentation });
}

export function* sweptRuns(sweep: Sweep): RunPlan {
  const { hyperparameters, choice } = sweep;
  const id = randomUUID();
  const outcomes = new Map<string, Outcome>();
  const nextTrial = () => wantedTrials(sweep, outcomes).find((trial) => !outcomes.has(trialKey(trial)));
  for (let trial = nextTrial(); trial; trial = nextTrial()) {
    const names = trialNames(trial, hyperparameters, choice.seeds);
    const memoryCap = memoryCapBytes(hyperparameters);
    const run = yield { ...trial, ...names, memoryCap, sweep: id, before: null };
    outcomes.set(trialKey(trial), outcomeOf(run));
  }
}

export function* listedRuns(runs: readonly AskedRun[]): RunPlan {
  yield* runs;
}
