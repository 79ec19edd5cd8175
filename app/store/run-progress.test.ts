import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/run';
import { RUN_CONFIG } from '../report/result-fixtures';
import { setting } from './fake-engine';
import { progressOf, titleOf } from './run-progress';
import { queuedRun, type RunRecord, withEvents } from './run-record';

const waiting = queuedRun(setting('atoms'), {
  ...{ id: '1', name: 'Core atoms', armName: 'Core atoms', role: 'final', sweep: null },
  ...{ config: RUN_CONFIG, memoryCap: null, data: '', basis: '', style: 0 },
  expected: { backbone: { key: '', name: '' }, data: { key: '', name: '' } },
});
const runAfter = (...events: RunEvent[]): RunRecord => withEvents({ ...waiting, status: 'running' }, events);

const STARTED: RunEvent = {
  ...{ kind: 'started', epochs: 2, stepsPerEpoch: 6 },
  trainable: { backbone: 1, head: 1 },
};
const step = (at: number): RunEvent => ({
  ...{ kind: 'step', step: at, loss: 1, learningRate: 1, imagesPerSecond: 41.3, secondsLeft: 30 },
});
const FEATURES: RunEvent = { kind: 'phase', label: 'Computing features', done: 1, total: 9, secondsLeft: 4 };

describe('the bar of a run', () => {
  it('shows the phase, with its time left, until the next step or epoch', () => {
    expect(progressOf(runAfter(FEATURES))).toMatchObject({ label: 'Computing features', secondsLeft: 4 });
    expect(progressOf(runAfter(FEATURES, STARTED, step(1)))).toEqual({
      ...{ label: 'Training · 41.3 images/s', done: 1, total: 12, secondsLeft: 30 },
    });
    const result = { epoch: 1, trainLoss: 1, valLoss: 1, correct: 1, total: 1, seconds: 1 };
    const validated = runAfter(STARTED, step(6), FEATURES, { kind: 'epoch', result });
    expect(progressOf(validated)).toMatchObject({ label: 'Training · 41.3 images/s', done: 6 });
  });

  it('has no time left while the run is paused or stopping', () => {
    for (const run of [runAfter(FEATURES), runAfter(STARTED, step(3))]) {
      for (const [status, label] of [
        ['paused', 'Paused'],
        ['stopping', 'Stopping…'],
      ] as const) {
        const shown = progressOf({ ...run, status });
        expect([shown.label, shown.secondsLeft]).toEqual([label, undefined]);
      }
    }
  });
});

describe('the title of the tab', () => {
  it('is the step, or the run with its proportion of all steps', () => {
    expect(titleOf('tune', undefined)).toBe('Tune · atomtune');
    expect(titleOf('tune', runAfter(FEATURES))).toBe('0\u00a0% Core atoms · atomtune');
    expect(titleOf('tune', runAfter(STARTED, step(5)))).toBe('41\u00a0% Core atoms · atomtune');
    const paused: RunRecord = { ...runAfter(STARTED, step(6)), status: 'paused' };
    expect(titleOf('use', paused)).toBe('Paused, 50\u00a0% Core atoms · atomtune');
  });
});
