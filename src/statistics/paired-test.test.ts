import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../core/random';
import { classWeights } from './balanced';
import { comparePaired, mcNemar } from './paired-test';

const Z_SQUARED = 1.959963984540054 ** 2;

/** Two settings whose difference on image i, summed over the runs, is `units[i]`. */
function settings(units: readonly number[], runs: number) {
  const rows = (sign: number) =>
    Array.from({ length: runs }, (_, run) => Uint8Array.from(units, (unit) => (sign * unit > run ? 1 : 0)));
  return [rows(1), rows(-1)] as const;
}

/** One run: correct with 95 % on easy images, else with 20 %; the seed shifts both by up to `shift`. */
function run(easy: readonly boolean[], shift: number, random: Random): Uint8Array {
  const better = shift * (2 * random.uniform() - 1);
  return Uint8Array.from(easy, (is) => (random.uniform() < (is ? 0.95 : 0.2) + better ? 1 : 0));
}

/** P(|Σ ± size| ≥ |Σ size|), by enumeration of all signs. */
function enumerated(sizes: readonly number[]): number {
  const observed = Math.abs(sizes.reduce((sum, size) => sum + size, 0));
  let reached = 0;
  for (let signs = 0; signs < 2 ** sizes.length; signs++) {
    const sum = sizes.reduce((total, size, bit) => total + (signs & (1 << bit) ? size : -size), 0);
    if (Math.abs(sum) >= observed) reached++;
  }
  return reached / 2 ** sizes.length;
}

const easyImages = (n: number, random: Random) => Array.from({ length: n }, () => random.uniform() < 0.8);

describe('mcNemar', () => {
  // 2 Σ C(n, k) / 2ⁿ over k ≤ the smaller count, in exact fractions (Python's Fraction). 1 and 7, with 13 concordant images, is table 1 of Fagerland, Lydersen, Laake (2013), BMC Medical Research Methodology 13:91.
  it.each([
    [1, 7, 9 / 128],
    [6, 1, 1 / 8],
    [10, 5, 309 / 1024],
    [121, 59, 4.434449263755176e-6],
    [1300, 1500, 1.684116226437612e-4],
    [50_000, 51_000, 1.669630455991559e-3],
    [0, 40, 1.818989403545856e-12],
    [0, 1000, 1.866527237006438e-301],
  ])('of %i and %i is the exact binomial probability %f', (firstOnly, secondOnly, p) => {
    expect(mcNemar(firstOnly, secondOnly) / p).toBeCloseTo(1, 10);
    expect(mcNemar(secondOnly, firstOnly) / p).toBeCloseTo(1, 10);
  });

  it('is 1 without discordant images, and if they are divided equally', () => {
    expect(mcNemar(0, 0)).toBe(1);
    expect(mcNemar(1, 0)).toBe(1);
    expect(mcNemar(4, 4)).toBe(1);
    expect(mcNemar(500, 500)).toBe(1);
  });

  it('gives uniform p-values if neither setting is better', () => {
    const random = seededRandom(1);
    const trials = 2000;
    const pValues = Array.from({ length: trials }, () => {
      let firstOnly = 0;
      for (let i = 0; i < 1001; i++) if (random.uniform() < 0.5) firstOnly++;
      return mcNemar(firstOnly, 1001 - firstOnly);
    });
    for (const level of [0.01, 0.05, 0.2, 0.5, 0.8]) {
      const rate = pValues.filter((p) => p <= level).length / trials;
      const error = 3 * Math.sqrt((level * (1 - level)) / trials);
      expect(rate).toBeLessThan(level + error);
      // An exact test is below its level by at most the probability of one outcome, here up to 2 × 2.5 %.
      expect(rate).toBeGreaterThan(level - error - Math.min(0.05, level / 4));
    }
  });
});

describe('comparePaired', () => {
  it('for one run each is the McNemar test', () => {
    const result = comparePaired(...settings([1, ...new Array(7).fill(-1), ...new Array(13).fill(0)], 1));
    expect(result.difference).toBeCloseTo(-6 / 21, 12);
    expect(result.p).toBeCloseTo(9 / 128, 12);
    expect(result.verdict).toBe('no difference shown');
  });

  it('flips signs by image, with all its runs, for crossed runs', () => {
    // 47/256: by enumeration of all 2¹⁰ signs in Python; scipy.stats.permutation_test(permutation_type='samples', n_resamples=inf) agrees.
    const units = [3, -1, 2, 0, 1, 1, -2, 3, 2, -1, 0, 1];
    const result = comparePaired(...settings(units, 3));
    expect(result.difference).toBeCloseTo(9 / 36, 12);
    expect(result.p).toBeCloseTo(47 / 256, 12);
  });

  it('flips signs of weighted images for balanced accuracy', () => {
    // Classes of 6 and 2 images: weights 2/3 and 2, so sizes 10 and 30.
    const targets = [0, 0, 0, 0, 0, 0, 1, 1];
    const [first, second] = settings([1, 1, -1, 0, 0, 0, 1, 1], 1);
    const result = comparePaired(first, second, classWeights(targets));
    expect(result.difference).toBeCloseTo((1 / 6 + 1) / 2, 12);
    expect(result.p).toBeCloseTo(enumerated([10, 10, -10, 30, 30]), 12);
    expect(result.meanSquare).toBeCloseTo((3 * (2 / 3) ** 2 + 2 * 2 ** 2) / 8, 12);
  });

  it('states the proportion of discordant images as mean square for one run', () => {
    const units = [1, ...new Array(7).fill(-1), ...new Array(12).fill(0)];
    expect(comparePaired(...settings(units, 1)).meanSquare).toBeCloseTo(8 / 20, 12);
  });

  it('gives the opposite verdict if the settings are exchanged', () => {
    const units = [
      ...new Array(20).fill(3),
      ...new Array(30).fill(1),
      ...new Array(4).fill(-2),
      ...new Array(46).fill(0),
    ];
    const [first, second] = settings(units, 3);
    const better = comparePaired(first, second);
    const worse = comparePaired(second, first);
    expect(better.verdict).toBe('better');
    expect(worse.verdict).toBe('worse');
    expect(worse.p).toBe(better.p);
    expect(worse.difference).toBeCloseTo(-better.difference, 12);
    expect(worse.low).toBeCloseTo(-better.high, 12);
    expect(worse.high).toBeCloseTo(-better.low, 12);
  });

  it('shows no difference that comes from one run of two', () => {
    // The settings agree in the second run, which a quarter of the resamples draw alone: the interval contains 0, however small p is.
    const [first, second] = settings([...new Array(20).fill(1), ...new Array(30).fill(0)], 2);
    const result = comparePaired(first, second);
    expect(result.p).toBeCloseTo(2 ** -19, 12);
    expect(result.low).toBe(0);
    expect(result.verdict).toBe('no difference shown');
  });

  it('has Tango’s score interval if the settings agree on every image', () => {
    // The score equation without discordant pairs: (nδ)² = z² n |δ| (1 − |δ|).
    const row = Uint8Array.from([1, 1, 1, 0, 1, 0, 1, 1, 1, 1]);
    const { difference, low, high, p, verdict } = comparePaired([row, row], [row, row]);
    expect({ difference, p, verdict }).toEqual({ difference: 0, p: 1, verdict: 'no difference shown' });
    expect(low).toBeCloseTo(-high, 12);
    expect((10 * high) ** 2).toBeCloseTo(Z_SQUARED * 10 * high * (1 - high), 12);
  });

  it('has a wide interval for a single image', () => {
    // All n pairs favour the first setting: n²(1 − δ)² = z² n (1 − δ²), so δ = (n − z²)/(n + z²).
    const result = comparePaired([Uint8Array.of(1)], [Uint8Array.of(0)]);
    expect(result).toMatchObject({ difference: 1, high: 1, p: 1, verdict: 'no difference shown' });
    expect(result.low).toBeCloseTo((1 - Z_SQUARED) / (1 + Z_SQUARED), 12);
  });

  it('keeps its level if neither setting is better and seeds have no effect', () => {
    const random = seededRandom(2);
    const trials = 200;
    const results = Array.from({ length: trials }, (_, trial) => {
      const easy = easyImages(120, random);
      const setting = () => [run(easy, 0, random), run(easy, 0, random)];
      return comparePaired(setting(), setting(), null, trial);
    });
    const below = (level: number) => results.filter(({ p }) => p <= level).length / trials;
    const error = (level: number) => 3 * Math.sqrt((level * (1 - level)) / trials);
    expect(below(0.05)).toBeLessThan(0.05 + error(0.05));
    expect(below(0.05)).toBeGreaterThan(0);
    expect(below(0.5)).toBeLessThan(0.5 + error(0.5));
    // The sum has a standard deviation of about 6 and steps of 2: near p = 0.5 one outcome and its mirror image have a probability of 0.2.
    expect(below(0.5)).toBeGreaterThan(0.5 - 0.2 - error(0.5));
  });

  it('has few false verdicts if seeds have an effect, which a test over images alone misses', () => {
    const random = seededRandom(3);
    const trials = 200;
    const results = Array.from({ length: trials }, (_, trial) => {
      const easy = easyImages(100, random);
      const setting = () => Array.from({ length: 5 }, () => run(easy, 0.05, random));
      return comparePaired(setting(), setting(), null, trial);
    });
    const error = 3 * Math.sqrt((0.05 * 0.95) / trials);
    const rate = (count: typeof results) => count.length / trials;
    expect(rate(results.filter(({ p }) => p <= 0.05))).toBeGreaterThan(0.05 + error);
    expect(rate(results.filter(({ verdict }) => verdict !== 'no difference shown'))).toBeLessThan(
      0.05 + error,
    );
  });

  it('rejects settings that cannot be paired', () => {
    const row = Uint8Array.of(1, 0);
    expect(() => comparePaired([row, row], [row])).toThrow(/2 and 1 runs/);
    expect(() => comparePaired([row], [Uint8Array.of(1)])).toThrow(/Run 1 .* 2 and 1 images/);
    expect(() => comparePaired([], [])).toThrow(RangeError);
    expect(() => comparePaired([new Uint8Array()], [new Uint8Array()])).toThrow(RangeError);
  });
});
