import { describe, expect, it } from 'vitest';
import type { Predictions, RunResult } from '../../src/core/run';
import { wilson } from '../../src/statistics/wilson';
import { compare, untestedRates } from './comparison';
import { accuracySentences, baselineSentence, untestedRatesSentence } from './comparison-words';
import type { ComputedBy } from './computed-by';
import { DEFAULT_HYPERPARAMETERS, runConfig } from './defaults';
import type { RunRecord } from './run-record';
import { inBackground, settled } from './statistics';
import type { Role } from './sweep';

interface Made {
  setting: string;
  seed?: number;
  role?: Role;
  /** 1 for a correctly classified image, else 0. */
  right: number[];
  test?: number[] | null;
  labels?: number[];
  computedBy?: Partial<ComputedBy>;
}

const WASM: ComputedBy = { backend: 'wasm', precision: 'single', threads: 1 };

const predictionsFrom = (right: number[], labels: number[]): Predictions => ({
  targets: labels,
  predicted: right.map((hit, image) => (hit ? (labels[image] ?? 0) : 1 - (labels[image] ?? 0))),
});

/** Alternating labels of two classes, if none are given. */
const alternating = (images: number) => Array.from({ length: images }, (_, image) => image % 2);

function made({
  setting,
  seed = 0,
  role = 'final',
  right,
  test = null,
  labels,
  computedBy,
}: Made): RunRecord {
  const hyperparameters = { ...DEFAULT_HYPERPARAMETERS, seed };
  const summary = {
    id: setting,
    label: setting,
    symbol: setting,
    options: [],
    learningRate: 1,
    rateExponents: {},
  };
  const result = {
    validation: predictionsFrom(right, labels ?? alternating(right.length)),
    test: test && predictionsFrom(test, labels ?? alternating(test.length)),
    outcome: 'finished',
    seconds: 10 + seed,
    ...WASM,
    ...computedBy,
  };
  // The fields of a run that `compare` reads.
  return {
    ...{
      id: `${setting} ${seed} ${role}`,
      name: `${setting}, seed ${seed}`,
      armName: setting,
      setting,
      role,
    },
    ...{ symbol: setting, style: 0, basis: 'some images', trainable: { backbone: 7, head: 3 } },
    config: runConfig(summary as never, hyperparameters, 'none'),
    result: result as RunResult,
    model: { adapterBytes: 100 },
  } as RunRecord;
}

const ones = (count: number) => new Array<number>(count).fill(1);
const zeros = (count: number) => new Array<number>(count).fill(0);

describe('runs compared', () => {
  it('count a seed once, however often it was run', () => {
    const run = made({ setting: 'lora', right: [1, 1, 0, 0] });
    const [arm] = compare([run, { ...run, id: 'again' }]).arms;
    expect(arm?.runs.map(({ id }) => id)).toEqual(['again']);
    const { low, high } = wilson(2, 4);
    expect(arm?.validation).toMatchObject({ mean: 0.5, interval: { low, high } });
  });

  it('join where only their seeds differ; searches and unfinished runs stay out', () => {
    const { arms, searches } = compare([
      made({ setting: 'lora', seed: 1, right: [1, 1, 0, 0] }),
      made({ setting: 'lora', seed: 0, right: [1, 1, 1, 0] }),
      made({ setting: 'atoms', right: [1, 0, 0, 0] }),
      made({ setting: 'atoms', role: 'search', right: [1, 1, 1, 1] }),
      { ...made({ setting: 'full', right: [1] }), result: null },
    ]);
    expect(arms.map(({ name, runs }) => [name, runs.map(({ config }) => config.seed)])).toEqual([
      ['lora', [0, 1]],
      ['atoms, seed 0', [0]],
    ]);
    expect(arms[0]).toMatchObject({ parameters: 10, seconds: 10.5, adapterBytes: 100 });
    expect(arms[0]?.validation.mean).toBeCloseTo(5 / 8, 12);
    expect(searches).toHaveLength(1);
  });

  it('stay apart, accuracies and seconds, where a backend, a precision or threads of another number computed them', () => {
    const by = (seed: number, computedBy: Partial<ComputedBy>) =>
      made({ setting: 'lora', seed, right: [1, 1, 0, 0], computedBy });
    const runs = [
      ...[by(0, {}), by(1, {})],
      ...[by(0, { threads: 4 }), by(2, { threads: 4 })],
      by(0, { backend: 'webgpu', precision: 'half', threads: 0 }),
      by(1, { backend: 'webgpu', precision: 'single', threads: 0 }),
    ];
    const mixed = compare(runs);
    expect(mixed.arms.map(({ name, seconds }) => [name, seconds])).toEqual([
      ['lora (WebAssembly, 1 thread)', 10.5],
      ['lora (WebAssembly, 4 threads)', 11],
      ['lora, seed 0 (WebGPU, fp16)', 10],
      ['lora, seed 1 (WebGPU)', 11],
    ]);
    expect(new Set(mixed.arms.map(({ key }) => key)).size).toBe(4);
    expect(accuracySentences(mixed).join(' ')).toMatch(
      /Runs on different backends.* are listed as separate settings/,
    );
    const alike = compare(runs.slice(0, 2));
    expect(alike.arms.map(({ name }) => name)).toEqual(['lora']);
    expect(accuracySentences(alike).join(' ')).not.toMatch(/backend/);
  });

  it('name the settings whose learning rate was compared with no other', () => {
    const right = [1, 1, 0, 0];
    const at = (run: RunRecord, learningRate: number, options = {}) => ({
      ...run,
      config: { ...run.config, learningRate, options },
    });
    const untested = (runs: RunRecord[]) => untestedRates(compare(runs)).map(({ setting }) => setting);
    const search = made({ setting: 'lora', role: 'search', right });
    const [probe, lora, full] = ['linear-probe', 'lora', 'full'].map((setting) => made({ setting, right }));
    if (!probe || !lora || !full) throw new Error('three settings');
    expect(untested([probe, lora, full])).toEqual(['lora', 'full']);
    expect(untested([probe, lora, full, at(search, 0.5)])).toEqual(['full']);
    // A search at the same rate, or with other options, says nothing about this one.
    expect(untested([lora, search, at(search, 0.5, { r: 8 })])).toEqual(['lora']);
    expect(untested([at(full, 0.1), at(full, 0.3)])).toEqual([]);
    expect(untestedRatesSentence(compare([probe, lora, full]))).toMatch(
      /^No other learning rate was tried for lora, seed 0 and full, seed 0\./,
    );
    expect(untestedRatesSentence(compare([lora]))).toBeNull();
  });

  it('one run has Wilson’s interval, several a wider one that holds their mean', () => {
    const right = [...ones(60), ...zeros(40)];
    const { arms } = compare([
      made({ setting: 'one', right }),
      ...[0, 1, 2].map((seed) =>
        made({ setting: 'three', seed, right: [...ones(50 + 10 * seed), ...zeros(50 - 10 * seed)] }),
      ),
    ]);
    expect(arms[0]?.validation).toMatchObject({ mean: 0.6, images: 100, interval: wilson(60, 100) });
    const { mean = 0, interval } = arms[1]?.validation ?? {};
    const { low = 1, high = 0 } = interval ?? {};
    expect(mean).toBeCloseTo(0.6, 12);
    expect(low).toBeLessThan(0.52);
    expect(high).toBeGreaterThan(0.68);
  });

  it('lead with balanced accuracy where classes differ in size', () => {
    const labels = [...zeros(9), 1];
    const { arms } = compare([
      made({ setting: 'always the first', right: [...ones(9), 0], labels }),
      made({ setting: 'balanced', right: ones(10) }),
    ]);
    // Recalls of 9/9 and 0/1. Macro F1: 2·9/(9 + 10) for the first class, 0 for the second.
    expect(arms[0]?.validation.mean).toBeCloseTo(0.5, 12);
    expect(arms[0]?.validation.unbalanced).toMatchObject({ accuracy: 0.9, majority: 0.9 });
    expect(arms[0]?.validation.unbalanced?.macroF1).toBeCloseTo(18 / 19 / 2, 12);
    expect(arms[1]?.validation.unbalanced).toBeNull();
    const unbalanced = compare([made({ setting: 'a', right: [...ones(9), 0], labels })]);
    expect(accuracySentences(unbalanced).join(' ')).toMatch(
      /^Balanced validation accuracy: best epoch, on 10 images\./,
    );
    // One of two classes is always right.
    expect(baselineSentence(unbalanced)).toMatch(
      /always predicting the largest class would reach 50\.0\s%, although it is right on 90\.0\s% of the images\.$/,
    );
    expect(baselineSentence(compare([made({ setting: 'balanced', right: ones(10) })]))).toBeNull();
  });

  it('tests pairs image by image, adjusted for all of them; equal ones show no difference', () => {
    const { pairs, scoredOn } = compare([
      made({ setting: 'good', right: ones(40) }),
      made({ setting: 'same', right: ones(40) }),
      made({ setting: 'bad', right: [...zeros(20), ...ones(20)] }),
    ]);
    expect(scoredOn).toBe('validation');
    expect(pairs.map(({ first, second, test }) => [first.setting, second.setting, test?.verdict])).toEqual([
      ['good', 'same', 'no difference shown'],
      ['good', 'bad', 'better'],
      ['same', 'bad', 'better'],
    ]);
    expect(pairs[1]?.difference?.mean).toBeCloseTo(0.5, 12);
    // McNemar's p is 2·2⁻²⁰, times three for the three pairs.
    expect(pairs[1]?.test?.p).toBeCloseTo(3 * 2 ** -19, 12);
  });

  it('goes by test images where every setting has them', () => {
    const tested = (setting: string, test: number[] | null) => made({ setting, right: ones(4), test });
    expect(compare([tested('a', ones(6)), tested('b', zeros(6))])).toMatchObject({
      scoredOn: 'test',
      arms: [{ test: { mean: 1, images: 6 } }, { test: { mean: 0 } }],
      pairs: [{ difference: { mean: 1 } }],
    });
    expect(compare([tested('a', ones(6)), tested('b', null)]).scoredOn).toBe('validation');
  });

  it('pairs the seeds that both have', () => {
    const { pairs } = compare([
      ...[0, 1, 2].map((seed) => made({ setting: 'a', seed, right: ones(4) })),
      ...[1, 2, 3].map((seed) => made({ setting: 'b', seed, right: ones(4) })),
      made({ setting: 'c', seed: 9, right: ones(4) }),
    ]);
    expect(pairs.map(({ seeds }) => seeds)).toEqual([2]);
  });

  it('show no interval and no verdict that is not computed yet', async () => {
    const runs = ['x', 'y', 'z'].flatMap((setting, shift) =>
      [0, 1].map((seed) =>
        made({
          setting,
          seed,
          right: Array.from({ length: 30 }, (_, i) => Number((i + seed) % (3 + shift) > 0)),
        }),
      ),
    );
    const first = compare(runs.slice(0, 4), inBackground);
    expect(first.isComputing).toBe(true);
    expect(first.arms.map(({ validation }) => [validation.mean > 0.5, validation.interval])).toEqual([
      [true, null],
      [true, null],
    ]);
    expect(first.pairs.map(({ difference, test }) => [difference, test])).toEqual([[null, null]]);
    await settled();
    const done = compare(runs.slice(0, 4), inBackground);
    // Copies have no cached statistics, so everything is computed here.
    expect(done).toEqual(compare(structuredClone(runs.slice(0, 4))));
    // With a third setting, cached statistics are used, and p-values are adjusted only when all pairs are known.
    const more = compare(runs, inBackground);
    expect(more.arms.map(({ validation }) => validation.interval)).toEqual([
      ...done.arms.map(({ validation }) => validation.interval),
      null,
    ]);
    expect(more.pairs.map(({ difference, test }) => [difference, test])).toEqual([
      [done.pairs[0]?.difference, null],
      [null, null],
      [null, null],
    ]);
    await settled();
    expect(compare(runs, inBackground)).toEqual(compare(structuredClone(runs)));
  });
});
