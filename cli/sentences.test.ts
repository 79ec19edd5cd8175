import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_HYPERPARAMETERS } from '../app/store/defaults';
import { decided, NO_SWEEP, type Sweep, type SweepChoice } from '../app/store/sweep';
import type { RunResult } from '../src/core/run';
import { BACKBONE, DATA, ENGINE, MEMORY, SETTINGS } from './page-fixture';
import {
  backboneSentence,
  dataSentence,
  endSentence,
  engineSentence,
  memorySentences,
  noticesOf,
  programSentence,
  runCountSentence,
} from './sentences';

/** Keeps a number and its unit on one line. */
const NBSP = '\u00a0';

const sweep = (choice: Partial<SweepChoice> = {}, memoryCap: number | null = null): Sweep =>
  decided({
    settings: SETTINGS.filter(({ id }) => ['linear-probe', 'atoms', 'lora'].includes(id)),
    hyperparameters: { ...DEFAULT_HYPERPARAMETERS, memoryCap },
    choice: { ...NO_SWEEP, ...choice },
    augmentation: 'none',
  });

describe('of the engine', () => {
  it('the backend, the reason, and the number of threads if there are several', () => {
    expect(engineSentence(ENGINE)).toBe('Backend: WebAssembly, 2 threads. No WebGPU.');
    expect(engineSentence({ ...ENGINE, threads: 1 })).toBe('Backend: WebAssembly, 1 thread. No WebGPU.');
    expect(engineSentence({ ...ENGINE, backend: 'webgpu', threads: 0, reason: 'A GPU.' })).toBe(
      'Backend: WebGPU. A GPU.',
    );
  });

  it('a program that does not compile, and why', () => {
    expect(programSentence({ program: 'conv 3×3', reason: 'No f16.' })).toMatch(/conv 3×3 .* No f16\.$/);
  });
});

describe('of the backbone', () => {
  it('its name, input size and numbers', () => {
    expect(backboneSentence(BACKBONE)).toBe(`Backbone: Starter, 64 px, 1.48${NBSP}M parameters.`);
  });
});

describe('of the data', () => {
  it('name, classes and number of images of each part of the split', () => {
    expect(dataSentence(DATA)).toBe('Data: flowers, 2 classes, images: 20 training, 20 validation.');
    const classes = [
      { name: 'a', train: 1000, val: 150, test: 30 },
      { name: 'b', train: 1, val: 50, test: 0 },
    ];
    expect(dataSentence({ ...DATA, classes })).toBe(
      'Data: flowers, 2 classes, images: 1,001 training, 200 validation, 30 test.',
    );
  });

  it('how many files were left out', () => {
    const leftOut = [{ path: 'a/broken.png', reason: 'Not an image.' }];
    expect(dataSentence({ ...DATA, leftOut })).toMatch(/, 1 file left out \(see results\.json\)\.$/);
  });

  it('no notices if there are none', () => {
    expect(noticesOf(DATA)).toEqual([]);
  });

  it('presets, near-duplicates, classes without validation and conflicts, one line each', () => {
    const notices = noticesOf({
      ...DATA,
      ...{ preset: 'few-shot-4', unused: 3 },
      classes: [...DATA.classes, { name: 'c', train: 5, val: 0, test: 0 }],
      duplicates: {
        ...{ groups: 2, images: 5, leaked: { val: 0, test: 0 } },
        conflicts: [['flowers/a/1.png', 'flowers/b/1.png']],
        givenUp: { images: 9, classes: ['a'] },
      },
    });
    expect(notices).toEqual([
      expect.stringMatching(/^Few-shot, 4 training images per class: .* 3 images not used\.$/),
      expect.stringMatching(/^9 images of “a” are so similar/),
      expect.stringMatching(/^5 images form 2 groups/),
      expect.stringMatching(/“c”/),
      expect.stringMatching(/^1 group .* Their paths are in results\.json\.$/),
    ]);
  });
});

describe('of the planned runs', () => {
  it('nothing if there is one run of each setting', () => {
    expect(runCountSentence(sweep())).toBe('');
  });

  it('how many, and how many of them are search runs', () => {
    expect(runCountSentence(sweep({ seeds: 3 }))).toBe('9 runs.');
    // Five rates of each of the three settings, then one run of each.
    expect(runCountSentence(sweep({ findRates: true }))).toBe('18 runs, 15 of them search runs.');
  });

  it('the memory of each compared run, requested once and for one seed', async () => {
    const plan = vi.fn(async (configs: readonly unknown[]) => configs.map(() => MEMORY));
    const sentences = await memorySentences(sweep({ seeds: 3, values: { atoms: { m: [6, 9] } } }, 24), plan);
    expect(sentences).toEqual([
      'Linear probe: About 21 MB of memory. And 9 MB for the rest.',
      'Atoms, m = 6: About 21 MB of memory. And 9 MB for the rest.',
      'Atoms: About 21 MB of memory. And 9 MB for the rest.',
      'LoRA: About 21 MB of memory. And 9 MB for the rest.',
    ]);
    expect(plan).toHaveBeenCalledTimes(1);
    expect(plan).toHaveBeenCalledWith(
      [
        expect.objectContaining({ setting: 'linear-probe' }),
        expect.objectContaining({ setting: 'atoms', options: { m: 6 } }),
        expect.objectContaining({ setting: 'atoms', options: { m: 9 } }),
        expect.objectContaining({ setting: 'lora' }),
      ],
      24_000_000,
    );
  });

  it('nothing for a run that does not fit: the run reports it', async () => {
    const plan = async (configs: readonly unknown[]) =>
      configs.map((_, place) => ({ ...MEMORY, fits: place !== 1 }));
    expect(await memorySentences(sweep(), plan)).toEqual([
      'Linear probe: About 21 MB of memory. And 9 MB for the rest.',
      'LoRA: About 21 MB of memory. And 9 MB for the rest.',
    ]);
  });
});

describe('of a run that has ended', () => {
  const epoch = { epoch: 2, trainLoss: 0.5, valLoss: 0.5, correct: 15, total: 20, seconds: 3 };

  const targets = Array.from({ length: 20 }, (_, image) => image % 2);
  const predictions = (correct: number) => ({
    targets,
    predicted: targets.map((target, image) => (image < correct ? target : 1 - target)),
  });
  const result = (test: number | null) =>
    ({ validation: predictions(15), test: test === null ? null : predictions(test) }) as RunResult;
  const epochs = [0, 1, 2].map((each) => ({ ...epoch, epoch: each }));

  it('how it ended, and the accuracy of its best epoch', () => {
    expect(
      endSentence({ name: 'Atoms', status: 'finished', epochs, keptEpoch: 1, result: result(null) }),
    ).toBe(`Atoms: finished, validation accuracy 75.0${NBSP}% at the best epoch, 1 of 2, 3.0 s.`);
  });

  it('the test accuracy where there are test images', () => {
    expect(endSentence({ name: 'Atoms', status: 'stopped', epochs, keptEpoch: 2, result: result(9) })).toBe(
      `Atoms: stopped, test accuracy 45.0${NBSP}% at the best epoch, 2 of 2, 3.0 s.`,
    );
  });

  it('that no epoch finished', () => {
    expect(endSentence({ name: 'Atoms', status: 'failed', epochs: [], keptEpoch: null, result: null })).toBe(
      'Atoms: failed, no epoch finished.',
    );
  });
});
