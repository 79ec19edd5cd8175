import { describe, expect, it } from 'vitest';
import type { SettingSummary } from '../../src/core/setting';
import { DEFAULT_HYPERPARAMETERS } from './defaults';
import { epochWork, multiplications, runWork, sweepWork, type WorkFor } from './run-work';
import { LONG, type LongSweep, shorterChoices } from './shorter-choices';
import { type AskedSweep, allTrials, decided, NO_SWEEP } from './sweep';

const setting = (id: string) =>
  ({
    id,
    label: id === 'linear-probe' ? 'Linear probe' : id,
    symbol: id,
    options: [],
    learningRate: 1e-3,
    rateExponents: {},
    fault: null,
  }) as unknown as SettingSummary; // no other fields are read
const PROBE = setting('linear-probe');

/** A stem and four stages of one convolution, each of the same work, at 256 pixels. */
const BACKBONE = {
  inputSize: 256,
  stages: { used: 4, inFile: 4 },
  convolutions: [
    { name: 'conv1', kernel: 1, cIn: 1, cOut: 1, stride: 2 },
    { name: 'layer1.0.conv1', kernel: 1, cIn: 1, cOut: 4, stride: 1 },
    { name: 'layer2.0.conv1', kernel: 1, cIn: 4, cOut: 4, stride: 2 },
    { name: 'layer3.0.conv1', kernel: 1, cIn: 4, cOut: 16, stride: 2 },
    { name: 'layer4.0.conv1', kernel: 1, cIn: 16, cOut: 16, stride: 2 },
  ],
};
const GIVEN: WorkFor = { backbone: BACKBONE, images: { train: 80, val: 20, test: 10 } };

function asked(settings: SettingSummary[], changes: Partial<AskedSweep['hyperparameters']> = {}): AskedSweep {
  const hyperparameters = { ...DEFAULT_HYPERPARAMETERS, epochs: 10, ...changes };
  return { settings, hyperparameters, choice: { ...NO_SWEEP, findRates: false }, augmentation: 'none' };
}

function long(hours: number, sweep: AskedSweep, changes: Partial<LongSweep> = {}): LongSweep {
  return { ...GIVEN, backbone: BACKBONE, probe: PROBE, asked: sweep, seconds: 3600 * hours, ...changes };
}

const labels = (sweep: LongSweep) => shorterChoices(sweep).map(({ label }) => label);

describe('the work of runs', () => {
  it('counts multiplications by stage', () => {
    expect(multiplications(BACKBONE)).toBe(5 * 128 ** 2);
    expect(multiplications(BACKBONE, 3)).toBe(2 * 128 ** 2);
    expect(multiplications({ ...BACKBONE, inputSize: 128 })).toBe(multiplications(BACKBONE) / 4);
  });

  it('is less where the lower stages are frozen, and that of the features for the linear probe', () => {
    const [atoms] = allTrials(decided(asked([setting('atoms')])));
    if (!atoms) throw new Error('A sweep of one setting has a trial.');
    const { config } = atoms;
    // A step is four forward passes, three of which are the backward pass.
    expect(epochWork(config, GIVEN)).toBe(80 * 4 + 20);
    expect(epochWork({ ...config, options: { from: 3 } }, GIVEN)).toBe(80 * (1 + (3 * 2) / 5) + 20);
    expect(runWork(atoms, GIVEN)).toBe(10 * 340 + 20 + 10);
    expect(sweepWork(allTrials(decided(asked([PROBE]))), GIVEN)).toBe(100);
  });
});

describe('a sweep that takes hours', () => {
  it('is short after any single change that is offered', () => {
    const choices = shorterChoices(long(4, asked([setting('atoms')])));
    expect(choices.map(({ label }) => label)).toEqual([
      '2 epochs',
      'images of 96\u00a0pixels',
      'only the linear probe',
    ]);
    for (const { seconds } of choices) expect(seconds).toBeLessThanOrEqual(LONG);
    // 2 of 10 epochs, with the features and the validation before the first.
    expect(choices[0]?.seconds).toBeCloseTo((4 * 3600 * (2 * 340 + 130)) / (10 * 340 + 130), 6);
    expect(choices[1]?.seconds).toBeCloseTo(4 * 3600 * (96 / 256) ** 2, 6);
    expect(choices[2]?.changes).toEqual([{ kind: 'settings', settings: ['linear-probe'] }]);
  });

  it('is offered without its search, its seeds or its last stage where that is enough', () => {
    const searching = asked([setting('atoms')], { learningRates: {} });
    const sweep = { ...searching, choice: { ...NO_SWEEP, seeds: 3, findRates: true } };
    expect(labels(long(1.2, sweep))).toEqual([
      'no search for learning rates',
      'one seed',
      '4 epochs',
      'images of 160\u00a0pixels',
      'the first 3 stages',
      'only the linear probe',
    ]);
  });

  it('is offered with several changes together where no single one is enough', () => {
    const [choice, ...others] = shorterChoices(long(35, asked([setting('atoms')]), { probe: null }));
    expect(others).toEqual([]);
    expect(choice?.label).toBe('2 epochs, images of 96\u00a0pixels, the first 3 stages');
    expect(choice?.changes).toEqual([
      { kind: 'hyperparameters', change: { epochs: 2 } },
      { kind: 'backbone', change: { inputSize: 96 } },
      { kind: 'backbone', change: { stages: 3 } },
    ]);
    expect(shorterChoices(long(4000, asked([setting('atoms')]), { probe: null }))).toEqual([]);
  });
});
