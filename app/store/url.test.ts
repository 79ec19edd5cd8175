import { describe, expect, it } from 'vitest';
import { type Configuration, DEFAULT_CONFIGURATION, parseUrl, serialiseUrl } from './url';

const TURNED: Configuration = {
  backend: 'wasm',
  sample: 'counting',
  splitSeed: 7,
  testPart: 0.2,
  preset: 'few-shot-4',
  backbone: 'microsoft-resnet-50',
  stages: 3,
  inputSize: 96,
  atomCount: 6,
  settings: ['linear-probe', 'lora'],
  hyperparameters: {
    epochs: 25,
    batchSize: 8,
    headLearningRate: 5e-4,
    weightDecay: 0,
    warmup: 0.2,
    dropout: 0,
    augmentation: 'none',
    views: 8,
    seed: 3,
    patience: 5,
    warmStart: false,
    memoryCap: 500,
    probe: { epochs: 40, learningRate: 0.02, weightDecay: 1e-3, batchSize: 64 },
    learningRates: { lora: 1e-7, atoms: 0.01 },
    options: { lora: { rank: 8 }, atoms: { count: 12, includeOnes: 1 } },
  },
  sweep: {
    seeds: 3,
    values: { atoms: { m: [6, 9, 12], lr: [1e-3, 3e-3] }, lora: { r: [1] } },
    findRates: true,
    halving: true,
  },
};

describe('the configuration in the address', () => {
  it('writes nothing for the defaults', () => {
    expect(serialiseUrl(DEFAULT_CONFIGURATION)).toBe('');
    expect(parseUrl('')).toEqual({ configuration: DEFAULT_CONFIGURATION, ignored: [] });
  });

  it('comes back as it was written, every field of it', () => {
    expect(parseUrl(serialiseUrl(TURNED))).toEqual({ configuration: TURNED, ignored: [] });
  });

  it('tells no setting chosen from none named', () => {
    const none = { ...DEFAULT_CONFIGURATION, settings: [] };
    expect(parseUrl(serialiseUrl(none)).configuration.settings).toEqual([]);
  });

  it.each([
    'epochs=0',
    'epochs=2.5',
    'epochs=ten',
    'epochs=',
    'batch=1e9',
    'seed=-1',
    'decay=NaN',
    'dropout=Infinity',
    'warmStart=maybe',
    'findRates=true',
    'seeds=0',
    'sweep.atoms.m=',
    'sweep.atoms.m=6,6',
    'sweep.atoms.m=6,x',
    'sweep.atoms.lr=0.001,100',
    'sweep.atoms=6,9',
    'augmentation=blur',
    'views=1.5',
    'backend=webgl',
    'sample=../../etc/passwd',
    'settings=lora,<img>',
    'lr.lora=0',
    'lr.lora=fast',
    'lr.=1',
    'lr.lora.rank=1',
    'option.lora=1',
    'option.lora.__proto__=1',
    'option.constructor.a.b=1',
    'test=0.9',
    'preset=few-shot-3',
    'atoms=99',
    'memory=1',
    'memory=lots',
  ])('ignores %s by name and keeps the rest', (bad) => {
    const { configuration, ignored } = parseUrl(`?${bad}&probe.epochs=5`);
    expect(ignored).toEqual([bad]);
    expect(configuration).toEqual({
      ...DEFAULT_CONFIGURATION,
      hyperparameters: {
        ...DEFAULT_CONFIGURATION.hyperparameters,
        probe: { ...DEFAULT_CONFIGURATION.hyperparameters.probe, epochs: 5 },
      },
    });
  });

  it('leaves a stranger’s parameters alone', () => {
    expect(parseUrl('?utm_source=x&epochs=4').ignored).toEqual([]);
  });

  it('never changes the defaults themselves', () => {
    parseUrl(serialiseUrl(TURNED));
    expect(DEFAULT_CONFIGURATION.hyperparameters.learningRates).toEqual({});
    expect(DEFAULT_CONFIGURATION.hyperparameters.probe.epochs).not.toBe(40);
  });
});
