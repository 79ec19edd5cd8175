/** Bootstrap confidence intervals of a mean over images and seeds. */
import { type Random, seededRandom } from '../random';
import { wilson } from './wilson';

/** With 1,999 sorted resamples the 50th from either end bounds 95 %: (R + 1) × 0.025 is an integer (Davison and Hinkley 1997). */
const RESAMPLES = 1999;
const BEYOND = (RESAMPLES + 1) * 0.025;

/**
 * How runs and images are combined. `crossed`: all runs were evaluated on the same images, in the same order. `nested`: each run
 * on its own images, as when the seed determines the split.
 */
export type Design = 'crossed' | 'nested';

/** A mean with its 95 % interval. */
export interface MeanInterval {
  mean: number;
  low: number;
  high: number;
}

type Rows = readonly ArrayLike<number>[];

/** The mean of one resample. */
const RESAMPLE: Record<Design, (rows: Rows, random: Random) => number> = {
  crossed(rows, random) {
    const images = rows[0]?.length ?? 0;
    const times = new Uint32Array(images);
    for (let n = 0; n < images; n++) {
      const image = random.integer(images);
      times[image] = (times[image] ?? 0) + 1;
    }
    let total = 0;
    for (let n = 0; n < rows.length; n++) {
      const row = draw(rows, random);
      for (let i = 0; i < images; i++) total += (times[i] ?? 0) * (row[i] ?? 0);
    }
    return total / (rows.length * images);
  },
  nested(rows, random) {
    let total = 0;
    let images = 0;
    for (let n = 0; n < rows.length; n++) {
      const row = draw(rows, random);
      for (let i = 0; i < row.length; i++) total += draw(row, random);
      images += row.length;
    }
    return total / images;
  },
};

function draw<T>(list: ArrayLike<T>, random: Random): T {
  // The index is below the length, so the item exists even if T includes undefined.
  return list[random.integer(list.length)] as T;
}

/**
 * The mean of all numbers in `rows`, one row per run and one number per image, with its 95 % percentile bootstrap interval. Runs and
 * images are both resampled with replacement. `crossed`: one draw of images for all drawn runs, which preserves the effect of an
 * image on every run (the pigeonhole bootstrap, Owen 2007, Annals of Applied Statistics 1(2)). `nested`: a new draw of images
 * within each drawn run. With one run, only images are resampled.
 *
 * No resampling is exact here. The interaction of runs and images counts up to three times (nested: twice), which makes the interval
 * too wide. The variance between R runs is scaled by (R − 1)/R, which makes it too narrow if that variance dominates and there are
 * few runs. Nested runs that share images (splits of one data set) are treated as if all their images were different.
 * @throws RangeError without runs, without images, or if crossed rows differ in length
 */
export function bootstrapMean(rows: Rows, design: Design, seed = 0): MeanInterval {
  const images = rows.map((row) => row.length);
  if (rows.length === 0) throw new RangeError('An interval needs at least one run.');
  if (images.includes(0)) throw new RangeError('An interval needs at least one image in every run.');
  if (design === 'crossed' && images.some((n) => n !== images[0])) {
    throw new RangeError(`Crossed runs have the same images; these have ${images.join(', ')}.`);
  }
  const random = seededRandom(seed).fork('bootstrap');
  const means = Float64Array.from({ length: RESAMPLES }, () => RESAMPLE[design](rows, random)).sort();
  const numbers = rows.flatMap((row) => Array.from(row));
  return {
    mean: numbers.reduce((sum, value) => sum + value, 0) / numbers.length,
    low: means[BEYOND - 1] ?? Number.NaN,
    high: means[RESAMPLES - BEYOND] ?? Number.NaN,
  };
}

/**
 * The mean accuracy of the runs of one setting, with its 95 % interval over images and seeds (see `bootstrapMean`). If all images of
 * all runs are classified correctly, or all incorrectly, resamples do not vary; the interval is then Wilson's for the images of one
 * run.
 * @param runs one row per seed, 1 if the image was classified correctly, else 0
 * @throws RangeError as `bootstrapMean`
 */
export function accuracyInterval(runs: readonly Uint8Array[], design: Design, seed = 0): MeanInterval {
  const interval = bootstrapMean(runs, design, seed);
  if (interval.low < interval.high) return interval;
  const images = Math.min(...runs.map((run) => run.length));
  const { low, high } = wilson(interval.mean * images, images);
  return { mean: interval.mean, low, high };
}
