import { describe, expect, it } from 'vitest';
import type { SettingSummary } from '../../src/core/setting';
import { DEFAULT_HYPERPARAMETERS, PROBE_SETTING, runConfig } from './defaults';

const lora: SettingSummary = {
  id: 'lora',
  label: 'LoRA',
  symbol: 'LoRA',
  description: '',
  advice: '',
  options: [
    { id: 'rank', label: 'Rank', help: '', default: 4, min: 1, max: 16 },
    { id: 'scale', label: 'Scale', help: '', default: 8, min: 1, max: 64 },
  ],
  learningRate: 2e-3,
  rateExponents: { rank: -1 },
  fault: null,
  trainable: { backbone: 113164, head: 2565 },
  tunedLayers: 53,
  adapterBytes: 462916,
  paper: '',
  memory: {
    batch: 16,
    microBatch: 16,
    gradientCheckpointing: false,
    evaluationBatch: 64,
    frozenFeatures: null,
    bytes: 3e7,
    items: {
      weights: 0,
      coefficients: 0,
      kernels: 0,
      frozenFeatures: 0,
      activations: 0,
      optimizer: 0,
      working: 3e7,
    },
    heap: { pixels: 0, kernels: 0, coefficients: 0, features: 0, models: 0 },
    heapSentence: '',
    budget: 2e9,
    fits: true,
    sentence: 'About 30 MB at batch 16.',
  },
};
const probe: SettingSummary = { ...lora, id: PROBE_SETTING, options: [], learningRate: 0.7 };

describe('runConfig', () => {
  it('takes the setting’s own learning rate and options where none is chosen', () => {
    const config = runConfig(lora, DEFAULT_HYPERPARAMETERS, 'flips');
    expect(config).toMatchObject({
      setting: 'lora',
      options: { rank: 4, scale: 8 },
      learningRate: 2e-3,
      epochs: DEFAULT_HYPERPARAMETERS.epochs,
      batchSize: DEFAULT_HYPERPARAMETERS.batchSize,
      augmentation: 'flips',
      views: 0,
      probe: DEFAULT_HYPERPARAMETERS.probe,
    });
  });

  it('follows an option with the default learning rate, and not with a chosen one', () => {
    const rate = (options: Record<string, number>, learningRates = {}) =>
      runConfig(lora, { ...DEFAULT_HYPERPARAMETERS, options: { lora: options }, learningRates }, 'none')
        .learningRate;
    expect([1, 4, 16].map((rank) => rate({ rank }))).toEqual([8e-3, 2e-3, 5e-4]);
    expect(rate({ rank: 3 })).toBe(2.7e-3);
    expect(rate({ scale: 16 })).toBe(2e-3);
    expect(rate({ rank: 0 })).toBe(2e-3);
    expect(rate({ rank: 1 }, { lora: 0.1 })).toBe(0.1);
  });

  it('takes what the person chose for this setting, and only for this one', () => {
    const hyperparameters = {
      ...DEFAULT_HYPERPARAMETERS,
      augmentation: 'none' as const,
      views: 4,
      learningRates: { lora: 0.1, atoms: 0.2 },
      options: { lora: { rank: 8, stranger: 1 }, atoms: { rank: 2 } },
    };
    expect(runConfig(lora, hyperparameters, 'flips')).toMatchObject({
      learningRate: 0.1,
      options: { rank: 8, scale: 8 },
      augmentation: 'none',
      views: 4,
    });
    expect(runConfig(lora, hyperparameters, 'flips').options).not.toHaveProperty('stranger');
  });

  it('trains the linear probe by the probe’s numbers alone', () => {
    const hyperparameters = {
      ...DEFAULT_HYPERPARAMETERS,
      epochs: 3,
      batchSize: 7,
      learningRates: { [PROBE_SETTING]: 9 },
    };
    const { epochs, batchSize, learningRate, weightDecay } = runConfig(probe, hyperparameters, 'none');
    expect({ epochs, batchSize, learningRate, weightDecay }).toEqual(hyperparameters.probe);
  });

  it('shares nothing with the hyperparameters that later turning could change', () => {
    const config = runConfig(lora, DEFAULT_HYPERPARAMETERS, 'none');
    expect(config.probe).not.toBe(DEFAULT_HYPERPARAMETERS.probe);
  });
});
