/** Bootstrap intervals of a mean over images and seeds: how it may come out on other images and with other seeds. */
import { type Random, seededRandom } from '../random';
import { wilson } from './wilson';

/** With 1,999 sorted resamples the 50th from either end bound 95 %: (R + 1) × 0.025 is whole (Davison and Hinkley 1997). */
const RESAMPLES = 1999;
const BEYOND = (RESAMPLES + 1) * 0.025;

/**
 * How runs and images belong together. `crossed`: every run was evaluated on the same images, in the same order. `nested`: each
 * run on images of its own, as where the seed draws the split.
 */
export type Design = 'crossed' | 'nested';

/** 95 % interval. */
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
  // The place is below the length, so the item exists even where T allows undefined.
  return list[random.integer(list.length)] as T;
}

/**
 * The mean of all numbers in `rows`, one row per run and one number per image, with its 95 % percentile bootstrap interval. Runs are
 * drawn with replacement, and images with replacement: `crossed`, one draw of images for all drawn runs, so that what an image
 * does to every run stays together (the pigeonhole bootstrap, Owen 2007, Annals of Applied Statistics 1(2)); `nested`, a new draw
 * within each drawn run. One run leaves the images alone to draw.
 *
 * No resampling is exact here. What runs and images do together counts up to three times (nested: twice), which makes the interval
 * too wide; the spread between R runs counts (R − 1)/R times, which makes it too narrow where that spread is most of the uncertainty
 * and runs are few. Nested runs whose images partly recur (splits of one data set) are taken as if theirs were all different.
 * @throws RangeError without runs, without images, or where crossed rows differ in length
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
 * The mean accuracy of the runs of one setting, with its 95 % interval over images and seeds (see `bootstrapMean`). Where all images
 * of all runs are right, or all wrong, resamples cannot differ: there it is Wilson's interval for the images of one run.
 * @param runs one row per seed, 1 where the image was classified rightly, else 0
 * @throws RangeError as `bootstrapMean`
 */
export function accuracyInterval(runs: readonly Uint8Array[], design: Design, seed = 0): MeanInterval {
  const interval = bootstrapMean(runs, design, seed);
  if (interval.low < interval.high) return interval;
  const images = Math.min(...runs.map((run) => run.length));
  const { low, high } = wilson(interval.mean * images, images);
  return { mean: interval.mean, low, high };
}
