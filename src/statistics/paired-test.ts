/** Paired comparison of two settings on the same images, so that the difficulty of an image does not add to the variance. */
import type { ClassWeights } from './balanced';
import { bootstrapMean } from './bootstrap';
import { wilson } from './wilson';

/** The significance level of a verdict. */
const LEVEL = 0.05;

export interface PairedComparison {
  /** Mean accuracy of the first setting minus that of the second, −1 … 1. */
  difference: number;
  /** 95 % interval of the difference. */
  low: number;
  high: number;
  /** Two-sided p-value. */
  p: number;
  /** The verdict on the first setting at the 5 % level. */
  verdict: 'better' | 'worse' | 'no difference shown';
  /** The mean square of the differences of the images, each the mean over the runs: q of `imagesToShow`. */
  meanSquare: number;
}

/** The smallest weight of an image in the sign-flip test, whose sizes are whole numbers. */
const WEIGHT_STEPS = 10;

/**
 * Exact McNemar test: the two-sided p-value of a division of the discordant images at least this unequal, if each is equally likely
 * to favour either setting (McNemar 1947; binomial tails). 1 without discordant images.
 * @param firstOnly number of images that only the first setting classified correctly
 * @param secondOnly number of images that only the second setting classified correctly
 */
export function mcNemar(firstOnly: number, secondOnly: number): number {
  return signFlip([0, firstOnly + secondOnly], firstOnly - secondOnly);
}

/**
 * Compares two settings run by run: `first[r]` and `second[r]` have the same seed; all runs have the same images. The interval is the
 * bootstrap interval of the differences (see `bootstrapMean`). The p-value is that of the exact sign-flip permutation test on the sum
 * of the differences, with images as units, each with its sum over the runs. For one run it is McNemar's test. With `weighted`, the
 * difference is that of balanced accuracies; the test is exact for weights rounded to a tenth of the smallest. The test conditions on
 * these runs, but a difference may come from the seeds alone; so the verdict also requires that the interval, which includes the
 * variation between runs, does not contain 0.
 *
 * If the difference is the same on every image of every run, resamples do not vary; the interval is then the score interval
 * (Tango 1998, Statistics in Medicine 17) for the images of one run.
 * @param first one row per seed, 1 if the image was classified correctly, else 0
 * @throws RangeError if the settings differ in the number of runs or of a run's images, and as `bootstrapMean`
 */
export function comparePaired(
  first: readonly Uint8Array[],
  second: readonly Uint8Array[],
  weighted: ClassWeights | null = null,
  seed = 0,
): PairedComparison {
  if (first.length !== second.length) {
    throw new RangeError(
      `Settings are paired run by run; these have ${first.length} and ${second.length} runs.`,
    );
  }
  const differences = first.map((row, run) => {
    const other = second[run] ?? new Uint8Array();
    if (row.length !== other.length) {
      throw new RangeError(
        `Run ${run + 1} of the two settings has ${row.length} and ${other.length} images.`,
      );
    }
    return Int8Array.from(row, (right, i) => right - (other[i] ?? 0));
  });
  const { mean: difference, ...interval } = bootstrapMean(differences, weighted, seed);
  const { low, high } =
    interval.low < interval.high
      ? interval
      : constantInterval(difference, effectiveImages(differences, weighted));
  const sums = sumOverRuns(differences);
  const sizes = weightSizes(weighted);
  const units = sums.map((sum, i) => sum * (sizes?.[i] ?? 1));
  const p = signFlip(
    countBySize(units),
    units.reduce((sum, unit) => sum + unit, 0),
  );
  const meanSquare =
    sums.reduce((total, sum, i) => total + ((sum / first.length) * (weighted?.weights[i] ?? 1)) ** 2, 0) /
    sums.length;
  return { difference, low, high, p, verdict: verdict({ low, high, p }), meanSquare };
}

/** The weights as whole numbers; null if all images count the same. */
function weightSizes(weighted: ClassWeights | null): number[] | null {
  if (!weighted) return null;
  const smallest = weighted.weights.reduce(
    (least, weight) => Math.min(least, weight),
    Number.POSITIVE_INFINITY,
  );
  return Array.from(weighted.weights, (weight) => Math.round((WEIGHT_STEPS * weight) / smallest));
}

/** The verdict that an interval and a p-value give together. */
export function verdict({ low, high, p }: Pick<PairedComparison, 'low' | 'high' | 'p'>) {
  if (p <= LEVEL && low > 0) return 'better';
  if (p <= LEVEL && high < 0) return 'worse';
  return 'no difference shown';
}

/** Tango's interval if all n differences are −1, all are 0 or all are 1. */
function constantInterval(difference: number, images: number) {
  // z² / (n + z²)
  const step = wilson(0, images).high * (1 + Math.abs(difference));
  return { low: Math.max(-1, difference - step), high: Math.min(1, difference + step) };
}

/** The number of images; with weights the number of equally weighted images whose mean has the same variance (Kish 1965). */
function effectiveImages(rows: readonly ArrayLike<number>[], weighted: ClassWeights | null): number {
  const images = rows[0]?.length ?? 0;
  return weighted ? images ** 2 / weighted.weights.reduce((sum, weight) => sum + weight ** 2, 0) : images;
}

function sumOverRuns(differences: readonly Int8Array[]): number[] {
  const images = differences[0]?.length ?? 0;
  return Array.from({ length: images }, (_, i) => differences.reduce((sum, row) => sum + (row[i] ?? 0), 0));
}

/** `counts[size]`: the number of units of this absolute size. */
function countBySize(units: readonly number[]): number[] {
  const counts: number[] = [];
  for (const unit of units) counts[Math.abs(unit)] = (counts[Math.abs(unit)] ?? 0) + 1;
  return counts;
}

/**
 * P(|Σ ± size| ≥ |observed|) for independent fair signs and `counts[size]` units of each size. The sum is 2j − S, where S is the sum
 * of all sizes and j that of the sizes with a plus sign. The distribution of j is the convolution of one binomial per size.
 */
function signFlip(counts: readonly number[], observed: number): number {
  let masses = Float64Array.of(1);
  counts.forEach((units, size) => {
    if (size > 0) masses = withSigns(masses, fairCoins(units), size);
  });
  const all = masses.length - 1;
  const tails = masses.reduce(
    (p, mass, j) => (Math.abs(2 * j - all) >= Math.abs(observed) ? p + mass : p),
    0,
  );
  return Math.min(1, tails);
}

function withSigns(masses: Float64Array, coins: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(masses.length + size * (coins.length - 1));
  masses.forEach((mass, j) => {
    coins.forEach((chance, heads) => {
      result[j + size * heads] = (result[j + size * heads] ?? 0) + mass * chance;
    });
  });
  return result;
}

/** P(h heads of n), h = 0 … n, by ratios from the middle outwards, so that nothing overflows and only values below 1e−308 underflow. */
function fairCoins(n: number): Float64Array {
  const masses = new Float64Array(n + 1);
  const middle = Math.floor(n / 2);
  masses[middle] = 1;
  for (let heads = middle; heads < n; heads++) {
    masses[heads + 1] = ((masses[heads] ?? 0) * (n - heads)) / (heads + 1);
  }
  for (let heads = 0; heads < middle; heads++) masses[heads] = masses[n - heads] ?? 0;
  const total = masses.reduce((a, b) => a + b, 0);
  return masses.map((mass) => mass / total);
}
