import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../store/run-record';
import { epochPlot } from './AccuracyByEpoch';
import { seedPlot, seedsOf } from './AccuracyBySeed';

const run = (setting: string, seed: number, correct: readonly number[]): RunRecord =>
  // The chart reads no other fields of a run.
  ({
    id: `${setting} ${seed}`,
    setting,
    config: { seed, epochs: 2 },
    epochs: correct.map((right, epoch) => ({ epoch, correct: right, total: 100 })),
  }) as unknown as RunRecord;

const RUNS = [
  run('linear-probe', 10, [50]),
  run('atoms', 10, [50, 60, 95]),
  run('atoms', 2, [30, 40, 45]),
  run('lora', 3, []),
];

describe('panels by seed', () => {
  it('has one for each seed that was measured, in the order of numbers', () => {
    expect(seedsOf(RUNS)).toEqual([2, 10]);
  });

  it('takes a seed’s runs and keeps the axes of all', () => {
    const plot = epochPlot(RUNS);
    const panels = seedsOf(RUNS).map((seed) => seedPlot(plot, seed));
    expect(panels.map(({ curves }) => curves.map(({ id }) => id))).toEqual([['atoms 2'], ['atoms 10']]);
    expect(panels.map(({ references }) => references.length)).toEqual([0, 1]);
    expect(panels[0]?.yTicks).toEqual(panels[1]?.yTicks);
    expect(plot.yTicks[0]).toBeLessThanOrEqual(0.3);
    expect(plot.yTicks.at(-1)).toBeGreaterThanOrEqual(0.95);
  });
});
