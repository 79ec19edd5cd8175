import { describe, expect, it } from 'vitest';
import { DEFAULT_HYPERPARAMETERS } from '../app/store/defaults';
import { NO_SWEEP, type SweepChoice } from '../app/store/sweep';
import type { AskedRun, RunRecord } from './messages';
import { ended, finished, SETTINGS } from './page-fixture';
import { listedRuns, type RunPlan, sweepOf, sweptRuns } from './run-plan';

/** All runs of a plan, each ended by `end`. */
function played(plan: RunPlan, end: (asked: AskedRun) => RunRecord = finished): AskedRun[] {
  const asked: AskedRun[] = [];
  for (let step = plan.next(); !step.done; ) {
    asked.push(step.value);
    step = plan.next(end(step.value));
  }
  return asked;
}

const chosen = (
  settings: string[],
  sweep: Partial<SweepChoice> = {},
  hyperparameters = DEFAULT_HYPERPARAMETERS,
) =>
  sweepOf({ settings, hyperparameters, sweep: { ...NO_SWEEP, ...sweep } }, SETTINGS, {
    augmentation: 'flips',
  });
const names = (runs: readonly AskedRun[]) => runs.map(({ name }) => name);

describe('the sweep of the options', () => {
  it('has the settings in the given order', () => {
    expect(chosen(['lora', 'linear-probe']).settings.map(({ id }) => id)).toEqual(['lora', 'linear-probe']);
  });

  it('uses the augmentation of the data set', () => {
    expect(chosen(['atoms']).augmentation).toBe('flips');
  });
});

describe('the runs of a sweep', () => {
  it('are one of each setting if nothing is swept', () => {
    expect(played(sweptRuns(chosen(['linear-probe', 'atoms'])))).toMatchObject([
      { name: 'Linear probe', armName: 'Linear probe', role: 'final', config: { epochs: 60, seed: 0 } },
      { name: 'Atoms', armName: 'Atoms', role: 'final', config: { epochs: 10, seed: 0, options: { m: 9 } } },
    ]);
  });

  it('go through all settings for each seed', () => {
    expect(names(played(sweptRuns(chosen(['linear-probe', 'lora'], { seeds: 2 }))))).toEqual([
      'Linear probe, seed 0',
      'LoRA, seed 0',
      'Linear probe, seed 1',
      'LoRA, seed 1',
    ]);
  });

  it('convert the memory limit from megabytes to bytes', () => {
    const capped = played(sweptRuns(chosen(['atoms'], {}, { ...DEFAULT_HYPERPARAMETERS, memoryCap: 24 })));
    expect(capped.map(({ memoryCap }) => memoryCap)).toEqual([24_000_000]);
    expect(played(sweptRuns(chosen(['atoms'])))[0]?.memoryCap).toBeNull();
  });

  it('end with the best learning rate of the searches', () => {
    // Accuracy is highest with ten times the setting's own rate, 0.003.
    const end = (asked: AskedRun) => finished(asked, asked.config.learningRate === 0.03 ? 19 : 10);
    const runs = played(sweptRuns(chosen(['atoms'], { findRates: true })), end);
    expect(runs.map(({ role, config }) => [role, config.learningRate])).toEqual([
      ...[0.0003, 0.0009, 0.003, 0.009, 0.03].map((rate) => ['search', rate]),
      ['final', 0.03],
    ]);
    expect(runs.at(-1)?.name).toBe('Atoms, learning rate 0.03');
  });

  it('do not use a failed search', () => {
    const end = (asked: AskedRun) =>
      asked.config.learningRate === 0.03
        ? { ...finished(asked, 20, 'failed') }
        : finished(asked, asked.config.learningRate === 0.0009 ? 11 : 10);
    const runs = played(sweptRuns(chosen(['atoms'], { findRates: true })), end);
    expect(runs.at(-1)?.config.learningRate).toBe(0.0009);
  });

  it('continue to the end if every run fails', () => {
    const problem = { kind: 'user', message: 'Does not fit.' } as const;
    const runs = played(sweptRuns(chosen(['atoms', 'lora'], { findRates: true })), (asked) =>
      ended(asked, problem),
    );
    expect(runs).toHaveLength(2 * (5 + 1));
  });
});

describe('listed runs', () => {
  it('are run unchanged, however the others end', () => {
    const runs = played(sweptRuns(chosen(['atoms', 'lora'])));
    expect(played(listedRuns(runs), (asked) => ended(asked, null))).toEqual(runs);
    expect(played(listedRuns([]))).toEqual([]);
  });
});
