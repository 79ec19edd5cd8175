import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../core/random';
import { classWeights } from './balanced';
import { accuracyInterval, bootstrapMean } from './bootstrap';
import { wilson } from './wilson';

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
const squares = (values: ArrayLike<number>) => sum(Array.from(values, (value) => value * value));
const ones = (count: number, of: number) => Uint8Array.from({ length: of }, (_, i) => (i < count ? 1 : 0));

/** Four of five images are classified correctly with high probability, the fifth with low: a mean accuracy of 0.8. */
const images = (n: number, random: Random) =>
  Array.from({ length: n }, () => (random.uniform() < 0.8 ? 0.95 : 0.2));

/** One run on these images; the seed shifts the probability on all images by up to `shift`. */
function run(easiness: readonly number[], shift: number, random: Random): Uint8Array {
  const better = shift * (2 * random.uniform() - 1);
  return Uint8Array.from(easiness, (ease) => (random.uniform() < ease + better ? 1 : 0));
}

describe('bootstrapMean', () => {
  it('for one run is the binomial interval of its images', () => {
    // k of n correct: the count of a resample is Binomial(n, k/n). Quantiles from scipy.stats.binom.ppf([.025, .975], n, k / n).
    for (const [right, n, low, high] of [
      [80, 100, 72, 88],
      [45, 50, 41, 49],
    ] as const) {
      const interval = bootstrapMean([ones(right, n)]);
      expect(interval.mean).toBe(right / n);
      expect(Math.abs(n * interval.low - low)).toBeLessThan(1.01);
      expect(Math.abs(n * interval.high - high)).toBeLessThan(1.01);
    }
  });

  it('has the variance of the pigeonhole bootstrap for crossed runs', () => {
    // The counts of runs and images are independent multinomials, so E[u u′] = 1 − 1/R, plus one if both are the same run.
    const random = seededRandom(1);
    const easiness = images(300, random);
    const rows = Array.from({ length: 4 }, () => run(easiness, 0.05, random));
    const R = rows.length;
    const C = easiness.length;
    const total = sum(rows.map(sum));
    const columns = easiness.map((_, i) => sum(rows.map((row) => row[i] ?? 0)));
    const second =
      ((1 - 1 / R) * (1 - 1 / C) * total ** 2 +
        (1 - 1 / C) * squares(rows.map(sum)) +
        (1 - 1 / R) * squares(columns) +
        sum(rows.map(squares))) /
      (R * C) ** 2;
    const deviation = Math.sqrt(second - (total / (R * C)) ** 2);
    const { low, high } = bootstrapMean(rows);
    expect((high - low) / (2 * 1.96 * deviation)).toBeGreaterThan(0.93);
    expect((high - low) / (2 * 1.96 * deviation)).toBeLessThan(1.07);
  });

  it('does not become narrower with more runs that agree on every image', () => {
    const row = ones(80, 100);
    const width = (rows: Uint8Array[]) => {
      const { low, high } = bootstrapMean(rows);
      return high - low;
    };
    expect(width([row, row, row, row, row])).toBeCloseTo(width([row]), 1);
    expect(width([row, row, row, row, row])).toBeGreaterThan(0.12);
  });

  it('is mirrored if correct and incorrect are exchanged', () => {
    const random = seededRandom(3);
    const rows = Array.from({ length: 3 }, () => run(images(50, random), 0.05, random));
    const right = bootstrapMean(rows);
    const wrong = bootstrapMean(rows.map((row) => row.map((value) => 1 - value)));
    expect(wrong.low).toBeCloseTo(1 - right.high, 12);
    expect(wrong.high).toBeCloseTo(1 - right.low, 12);
  });

  it('is the same for the same seed and different for another', () => {
    const random = seededRandom(4);
    const rows = Array.from({ length: 3 }, () => run(images(299, random), 0.05, random));
    expect(bootstrapMean(rows, null, 5)).toEqual(bootstrapMean(rows, null, 5));
    expect(bootstrapMean(rows, null, 6)).not.toEqual(bootstrapMean(rows, null, 5));
  });

  it('rejects empty and unequal rows', () => {
    expect(() => bootstrapMean([])).toThrow(RangeError);
    expect(() => bootstrapMean([ones(1, 2), ones(0, 0)])).toThrow(/at least one image/);
    expect(() => bootstrapMean([ones(1, 2), ones(1, 3)])).toThrow(/2, 3/);
  });
});

describe('accuracyInterval', () => {
  it.each([
    [1, 0],
    [3, 0.02],
  ])('covers the true accuracy with %i runs', (runs, shift) => {
    const random = seededRandom(6);
    const trials = 250;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const shared = images(60, random);
      const rows = Array.from({ length: runs }, () => run(shared, shift, random));
      const { low, high } = accuracyInterval(rows, null, trial);
      if (low <= 0.8 && 0.8 <= high) covered++;
    }
    expectCoverage(covered, trials);
  });

  it.each([1, 3])('covers the true balanced accuracy of unbalanced classes with %i runs', (runs) => {
    const random = seededRandom(7);
    const trials = 250;
    // 60 images of a class that is recognised with 90 %, 20 of one with 60 %.
    const targets = Array.from({ length: 80 }, (_, image) => (image < 60 ? 0 : 1));
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const rows = Array.from({ length: runs }, () =>
        Uint8Array.from(targets, (target) => (random.uniform() < (target === 0 ? 0.9 : 0.6) ? 1 : 0)),
      );
      const { low, high } = accuracyInterval(rows, classWeights(targets), trial);
      if (low <= 0.75 && 0.75 <= high) covered++;
    }
    expectCoverage(covered, trials);
  });

  it('is Wilson’s for one run, and if every image is correct, or incorrect, in every run', () => {
    const one = accuracyInterval([ones(30, 40)]);
    expect(one).toEqual({ mean: 0.75, ...wilson(30, 40) });
    // Wilson's interval for n of n is n/(n + z²) to 1.
    const low = 40 / (40 + 1.959963984540054 ** 2);
    const right = accuracyInterval([ones(40, 40), ones(40, 40)]);
    expect(right.mean).toBe(1);
    expect(right.low).toBeCloseTo(low, 12);
    expect(right.high).toBeCloseTo(1, 12);
    const wrong = accuracyInterval([ones(0, 40), ones(0, 40)]);
    expect(wrong.low).toBeCloseTo(0, 12);
    expect(wrong.high).toBeCloseTo(1 - low, 12);
  });
});

/** Three standard deviations below 95 %. An interval may be conservative, but it must miss sometimes. */
function expectCoverage(covered: number, trials: number): void {
  expect(covered / trials).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.95 * 0.05) / trials));
  expect(covered).toBeLessThan(trials);
}
