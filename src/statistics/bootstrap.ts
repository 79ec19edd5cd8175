/** Bootstrap confidence intervals of a mean over images and seeds. */
import { type Random, seededRandom } from '../core/random';
import { type ClassWeights, meanOfProportionsInterval } from './balanced';

/** With 1,999 sorted resamples the 50th from either end bounds 95 %: (R + 1) × 0.025 is an integer (Davison and Hinkley 1997). */
const RESAMPLES = 1999;
const BEYOND = (RESAMPLES + 1) * 0.025;

/** A mean with its 95 % interval. */
export interface MeanInterval {
  mean: number;
  low: number;
  high: number;
}

type Rows = readonly ArrayLike<number>[];

/** The mean of one resample: one draw of images, within each class if they are weighted, for all drawn runs. */
function resample(rows: Rows, weighted: ClassWeights | null, random: Random): number {
  const images = rows[0]?.length ?? 0;
  const times = new Float64Array(images);
  for (const stratum of weighted?.classes ?? [null]) {
    const size = stratum?.length ?? images;
    for (let n = 0; n < size; n++) {
      const drawn = random.integer(size);
      const image = stratum ? (stratum[drawn] ?? 0) : drawn;
      times[image] = (times[image] ?? 0) + (weighted?.weights[image] ?? 1);
    }
  }
  let total = 0;
  for (let n = 0; n < rows.length; n++) {
    const row = rows[random.integer(rows.length)] ?? [];
    for (let i = 0; i < images; i++) total += (times[i] ?? 0) * (row[i] ?? 0);
  }
  return total / (rows.length * images);
}

/**
 * The mean of all numbers in `rows`, one row per run and one number per image, with its 95 % percentile bootstrap interval. Runs and
 * images are both resampled with replacement: one draw of images for all drawn runs, which preserves the effect of an image on every
 * run (the pigeonhole bootstrap, Owen 2007, Annals of Applied Statistics 1(2)). With one run, only images are resampled. With
 * `weighted`, images count by their weights and are drawn within their classes.
 *
 * No resampling is exact here. The interaction of runs and images counts up to three times, which makes the interval too wide. The
 * variance between R runs is scaled by (R − 1)/R, which makes it too narrow if that variance dominates and there are few runs.
 * @throws RangeError without runs, without images, or if rows differ in length
 */
export function bootstrapMean(rows: Rows, weighted: ClassWeights | null = null, seed = 0): MeanInterval {
  const images = rows.map((row) => row.length);
  if (rows.length === 0) throw new RangeError('An interval needs at least one run.');
  if (images.includes(0)) throw new RangeError('An interval needs at least one image.');
  if (images.some((n) => n !== images[0])) {
    throw new RangeError(`Runs are compared on the same images; these have ${images.join(', ')}.`);
  }
  const random = seededRandom(seed).fork('bootstrap');
  const means = Float64Array.from({ length: RESAMPLES }, () => resample(rows, weighted, random)).sort();
  return {
    mean: meanOf(rows, weighted),
    low: means[BEYOND - 1] ?? Number.NaN,
    high: means[RESAMPLES - BEYOND] ?? Number.NaN,
  };
}

/** The mean over runs and images. */
export function meanOf(rows: Rows, weighted: ClassWeights | null): number {
  let total = 0;
  let images = 0;
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) total += (weighted?.weights[i] ?? 1) * (row[i] ?? 0);
    images += row.length;
  }
  return total / images;
}

/**
 * The mean accuracy of the runs of one setting, balanced over classes with `weighted`, with its 95 % interval over images and seeds
 * (see `bootstrapMean`). For one run, and where resamples do not vary because every run says the same of every image, the interval
 * follows from Wilson's limits: of the accuracy, or of each class (see `meanOfProportionsInterval`).
 * @param runs one row per seed, 1 if the image was classified correctly, else 0
 * @throws RangeError as `bootstrapMean`
 */
export function accuracyInterval(
  runs: readonly Uint8Array[],
  weighted: ClassWeights | null = null,
  seed = 0,
): MeanInterval {
  if (runs.length > 1) {
    const interval = bootstrapMean(runs, weighted, seed);
    if (interval.low < interval.high) return interval;
  }
  const [run] = runs;
  if (!run || run.length === 0) throw new RangeError('An interval needs at least one run with an image.');
  const parts = (weighted?.classes ?? [[...run.keys()]]).map((images) => ({
    correct: images.reduce((sum, image) => sum + (run[image] ?? 0), 0),
    total: images.length,
  }));
  return { mean: meanOf(runs, weighted), ...meanOfProportionsInterval(parts) };
}
