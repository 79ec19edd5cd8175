import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/core/run';
import type { SettingSummary } from '../../src/core/setting';
import { DEFAULT_HYPERPARAMETERS, runConfig } from './defaults';
import { outcomeOf, queuedRun, trialNames, withResult } from './run-record';

const LORA = {
  ...{
    id: 'lora',
    label: 'LoRA',
    symbol: 'LoRA',
    learningRate: 1e-3,
    rateExponents: { r: -1 },
    trainable: { backbone: 1, head: 1 },
  },
  options: [{ id: 'r', label: 'Rank (r)', help: '', default: 4, min: 1, max: 64 }],
} as unknown as SettingSummary; // the tests use no other fields

const config = runConfig(LORA, DEFAULT_HYPERPARAMETERS, 'none');
const queued = queuedRun(LORA, {
  ...{ id: '1', name: 'LoRA', armName: 'LoRA', role: 'search', sweep: null, config, memoryCap: null },
  ...{ data: '', basis: '', style: 0 },
  expected: { backbone: { key: '', name: '' }, data: { key: '', name: '' } },
});
const epochs = [{ epoch: 0, trainLoss: null, valLoss: 0.5, correct: 9, total: 10, seconds: 1 }];

describe('what a sweep hears of a run', () => {
  it('is its last epoch where it got to its end, and nothing where it did not', () => {
    const ended = (outcome: RunResult['outcome']) =>
      outcomeOf(withResult(queued, { outcome, message: '', config, epochs } as unknown as RunResult, null));
    expect(ended('finished')).toEqual({ accuracy: 0.9, loss: 0.5 });
    expect(ended('failed')).toBeNull();
    expect(ended('stopped')).toBeNull();
    expect(outcomeOf(queued)).toBeNull();
  });
});

describe('a trial’s name', () => {
  const named = (role: 'search' | 'final', changes: object, seeds: number) =>
    trialNames({ setting: LORA, role, config: { ...config, ...changes } }, DEFAULT_HYPERPARAMETERS, seeds);

  it('has what is not the setting’s own, and the seed where there are others', () => {
    expect(named('final', {}, 1)).toEqual({ name: 'LoRA', armName: 'LoRA' });
    expect(named('final', { options: { r: 8 }, learningRate: 0.003, seed: 2 }, 3)).toEqual({
      name: 'LoRA, r = 8, learning rate 0.003, seed 2',
      armName: 'LoRA, r = 8, learning rate 0.003',
    });
    // The rate that r = 8 has by default.
    expect(named('final', { options: { r: 8 }, learningRate: 5e-4 }, 1).name).toBe('LoRA, r = 8');
    expect(named('search', { epochs: 1 }, 3).name).toBe('LoRA, search over 1 epoch');
  });
});
