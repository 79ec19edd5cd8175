import { describe, expect, it } from 'vitest';
import type { SettingSummary } from '../../src/core/setting';
import { DEFAULT_HYPERPARAMETERS } from './defaults';
import {
  type AskedSweep,
  allTrials,
  armKey,
  decided,
  NO_SWEEP,
  type Outcome,
  rateSearchPart,
  type Sweep,
  type SweepChoice,
  sweepObstacle,
  type Trial,
  trialKey,
  wantedTrials,
} from './sweep';

const number = (id: string, value: number) => ({ id, label: id, help: '', default: value, min: 0, max: 99 });
const setting = (id: string, learningRate: number, options: string[]): SettingSummary =>
  // The tests use no other fields of a setting.
  ({
    id,
    label: id,
    fault: null,
    learningRate,
    rateExponents: {},
    options: options.map((name) => number(name, 4)),
  }) as SettingSummary;

const PROBE = setting('linear-probe', 0, []);
const ATOMS = setting('atoms', 3e-3, ['m', 'from']);
const LORA = setting('lora', 1e-3, ['r']);

const asked = (choice: Partial<SweepChoice>, settings = [PROBE, ATOMS, LORA]): AskedSweep => ({
  settings,
  hyperparameters: { ...DEFAULT_HYPERPARAMETERS, epochs: 12, seed: 5 },
  choice: { ...NO_SWEEP, ...choice },
  augmentation: 'flips',
});
const sweep = (choice: Partial<SweepChoice>, settings?: SettingSummary[]): Sweep =>
  decided(asked(choice, settings));

/** Runs the sweep until it is complete, with these outcomes. */
function played(of: Sweep, end: (trial: Trial) => Outcome): Trial[] {
  const outcomes = new Map<string, Outcome>();
  for (;;) {
    const trials = wantedTrials(of, outcomes);
    const next = trials.find((trial) => !outcomes.has(trialKey(trial)));
    if (!next) return trials;
    outcomes.set(trialKey(next), end(next));
  }
}

const told = ({ setting: { id }, role, config }: Trial) =>
  `${role} ${id} ${Object.values(config.options).join('/')} lr ${config.learningRate} ${config.epochs} epochs seed ${config.seed}`;

describe('a sweep', () => {
  it('is one run of each setting where nothing is asked for', () => {
    expect(wantedTrials(sweep({}), new Map()).map(told)).toEqual([
      'final linear-probe  lr 0.01 60 epochs seed 5',
      'final atoms 4/4 lr 0.003 12 epochs seed 5',
      'final lora 4 lr 0.001 12 epochs seed 5',
    ]);
  });

  it('has every combination of values with every seed', () => {
    const values = { atoms: { m: [6, 9], lr: [1e-3, 1e-2] }, lora: { r: [1, 8] } };
    const trials = allTrials(sweep({ seeds: 3, values }));
    expect(trials).toHaveLength(3 * (1 + 4 + 2));
    expect(new Set(trials.map(({ config }) => armKey(config))).size).toBe(7);
    expect(new Set(trials.map(trialKey)).size).toBe(21);
    expect(trials.filter(({ config }) => config.setting === 'lora').map(told)).toEqual([
      'final lora 1 lr 0.001 12 epochs seed 5',
      'final lora 8 lr 0.001 12 epochs seed 5',
      'final lora 1 lr 0.001 12 epochs seed 6',
      'final lora 8 lr 0.001 12 epochs seed 6',
      'final lora 1 lr 0.001 12 epochs seed 7',
      'final lora 8 lr 0.001 12 epochs seed 7',
    ]);
  });

  it('looks for every learning rate with as many runs as long, and leaves the warm start’s probe alone', () => {
    const of = sweep({ findRates: true, seeds: 2 });
    const first = wantedTrials(of, new Map());
    expect(first.every(({ role }) => role === 'search')).toBe(true);
    for (const id of ['linear-probe', 'atoms', 'lora'])
      expect(first.filter(({ config }) => config.setting === id)).toHaveLength(5);
    expect(new Set(first.map(({ config }) => config.epochs))).toEqual(new Set([20, 4]));
    // Two trials have equal accuracy; the one with the lower loss is chosen. One diverged.
    const ends: Record<number, Outcome> = {
      0.0003: { accuracy: 0.5, loss: 1 },
      0.0009: { accuracy: 0.7, loss: 0.9 },
      0.003: { accuracy: 0.7, loss: 0.8 },
      0.009: null,
      0.03: { accuracy: 0.1, loss: 3 },
    };
    const trials = played(
      of,
      ({ config: { learningRate } }) => ends[learningRate] ?? { accuracy: 0, loss: 9 },
    );
    const finals = trials.filter(({ role }) => role === 'final');
    expect(finals.map(told)).toEqual([
      'final linear-probe  lr 0.003 60 epochs seed 5',
      'final atoms 4/4 lr 0.003 12 epochs seed 5',
      'final lora 4 lr 0.003 12 epochs seed 5',
      'final linear-probe  lr 0.003 60 epochs seed 6',
      'final atoms 4/4 lr 0.003 12 epochs seed 6',
      'final lora 4 lr 0.003 12 epochs seed 6',
    ]);
    for (const { config } of trials.filter(({ config }) => config.setting !== 'linear-probe'))
      expect(config.probe).toEqual(DEFAULT_HYPERPARAMETERS.probe);
    expect(finals[0]?.config.probe.learningRate).toBe(0.003);
  });

  it('searches unasked where several settings are compared and the search takes less than a third of the epochs', () => {
    const searches = (choice: Partial<SweepChoice>, settings?: SettingSummary[]) =>
      allTrials(sweep(choice, settings)).some(({ role }) => role === 'search');
    // Five searches of 4 epochs beside 12 epochs for each seed: 20 of 56 epochs with three seeds, 20 of 68 with four.
    expect(rateSearchPart(asked({ seeds: 3 }))).toBeCloseTo(20 / 56, 12);
    expect(rateSearchPart(asked({ seeds: 4 }))).toBeCloseTo(20 / 68, 12);
    expect([1, 3, 4, 20].map((seeds) => searches({ seeds }))).toEqual([false, false, true, true]);
    expect(searches({ seeds: 4 }, [LORA])).toBe(false);
    expect(searches({ seeds: 4, findRates: false })).toBe(false);
    expect(searches({ seeds: 1, findRates: true })).toBe(true);
    // A learning rate that somebody gave is taken.
    expect(searches({ seeds: 4, values: { lora: { lr: [1e-3, 1e-2] } } })).toBe(false);
    const given = asked({ seeds: 4 });
    given.hyperparameters = { ...given.hyperparameters, learningRates: { atoms: 0.01 } };
    expect(decided(given).choice.findRates).toBe(false);
  });

  it('drops the worse half twice, and trains the rest in full', () => {
    const of = sweep({ halving: true, seeds: 2, values: { atoms: { m: [3, 6, 9, 12, 15] } } }, [ATOMS]);
    const trials = played(of, ({ config }) => ({ accuracy: (config.options.m ?? 0) / 100, loss: 1 }));
    expect(trials.map(({ role, config }) => [role, config.options.m, config.epochs])).toEqual([
      ...[3, 6, 9, 12, 15].map((m) => ['search', m, 3]),
      ...[9, 12, 15].map((m) => ['search', m, 6]),
      ...[12, 15, 12, 15].map((m) => ['final', m, 12]),
    ]);
  });

  it('has nothing to halve where there is one value', () => {
    expect(allTrials(sweep({ halving: true })).every(({ role }) => role === 'final')).toBe(true);
  });

  it('says beforehand how many runs there will be', () => {
    const of = sweep({ seeds: 3, findRates: true, halving: true, values: { lora: { r: [1, 2, 4, 8] } } });
    // Five learning rates for each setting. LoRA has four ranks, reduced in two rounds to one.
    const expected = 5 + 3 + (5 + 3) + (4 * 5 + 4 + 2 + 3);
    expect(allTrials(of)).toHaveLength(expected);
    for (const accuracy of [0, 1]) expect(played(of, () => ({ accuracy, loss: 0 }))).toHaveLength(expected);
  });

  it('knows a trial again whatever the order of its configuration’s fields', () => {
    const [trial] = wantedTrials(sweep({}), new Map());
    if (!trial) throw new Error('There is a trial.');
    const { probe, ...rest } = trial.config;
    const turned = Object.fromEntries(Object.entries({ probe: { ...probe }, ...rest }).toReversed());
    const again = { role: trial.role, config: turned as unknown as Trial['config'] };
    expect(trialKey(again)).toBe(trialKey(trial));
    expect(armKey(again.config)).toBe(armKey({ ...trial.config, seed: 77 }));
  });

  it('searches that rates have in common are made once', () => {
    const values = { lora: { lr: [1e-3, 3e-3, 1e-2] } };
    const trials = allTrials(sweep({ findRates: true, values }, [LORA]));
    expect(new Set(trials.map(trialKey)).size).toBe(trials.length);
    // The learning rates multiplied by 0.1, 0.3, 1, 3 and 10 give nine distinct rates.
    expect(trials.filter(({ role }) => role === 'search')).toHaveLength(9);
  });

  it('is refused with its number of runs where that is too large', () => {
    const twelve = Array.from({ length: 12 }, (_, index) => index + 1);
    const large = sweep({ seeds: 5, values: { atoms: { m: twelve, from: twelve } } });
    expect(sweepObstacle(large)).toContain('The sweep would have about 730 runs');
    expect(allTrials(large)).toEqual([]);
    expect(sweepObstacle(sweep({ seeds: 3, findRates: true }))).toBeNull();
  });

  it('is refused where a chosen value, or one to try, is impossible, and not for a setting that is left out', () => {
    const faulty = { ...ATOMS, fault: 'Atoms: “m” must be from 0 to 99, not 100.' };
    expect(sweepObstacle(sweep({}, [LORA, faulty]))).toBe(
      'Atoms: “m” must be from 0 to 99, not 100. Correct the value or deselect atoms.',
    );
    expect(sweepObstacle(sweep({}, [LORA]))).toBeNull();
    const tried = sweep({ values: { lora: { r: [4, 100] }, atoms: { m: [-1] } } }, [LORA]);
    expect(sweepObstacle(tried)).toMatch(/^lora: “r” must be from 0 to 99, not 100\. .*Several values/);
    expect(allTrials(tried)).toEqual([]);
    expect(sweepObstacle(sweep({ values: { lora: { r: [4, 99], lr: [0.5] } } }))).toBeNull();
  });

  it('never trains what failed in the search where something else did not', () => {
    const of = sweep({ findRates: true }, [LORA]);
    const trials = played(of, ({ config }) =>
      config.learningRate < 0.01 ? null : { accuracy: 0, loss: 50 },
    );
    expect(trials.at(-1)?.config.learningRate).toBe(0.01);
  });
});
