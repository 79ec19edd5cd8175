/** Balanced accuracy: the mean recall of the classes, which an unbalanced set cannot raise by its largest class. */
import type { ByClass } from '../core/model';
import { isUnbalanced } from './macro-f1';
import { type Interval, wilson } from './wilson';

/** How much each image counts, and the images of each class, which are resampled apart. */
export interface ClassWeights {
  /** `[images]`, mean 1: N / (K · images of its class), so that the weighted mean of correct images is the balanced accuracy. */
  weights: Float64Array;
  /** Indices of the images of each class that occurs. */
  classes: readonly (readonly number[])[];
}

/** The images of every class that occurs among `targets`, by class. */
function imagesByClass(targets: ArrayLike<number>): number[][] {
  const byClass: number[][] = [];
  for (let image = 0; image < targets.length; image++) {
    const target = targets[image] ?? 0;
    byClass[target] ??= [];
    byClass[target].push(image);
  }
  return byClass.filter((images) => images !== undefined);
}

/** @param classes number of classes; those without images count 0 */
export function correctByClass(
  { targets, predicted }: { targets: readonly number[]; predicted: readonly number[] },
  classes: number,
): ByClass {
  const found: ByClass = { correct: Array(classes).fill(0), images: Array(classes).fill(0) };
  targets.forEach((target, image) => {
    found.images[target] = (found.images[target] ?? 0) + 1;
    if (predicted[image] === target) found.correct[target] = (found.correct[target] ?? 0) + 1;
  });
  return found;
}

/**
 * The weights with which balanced accuracy counts images; null if the classes that occur are nearly balanced (`isUnbalanced`), where
 * accuracy says the same.
 * @param targets `[images]`, class indices
 */
export function classWeights(targets: ArrayLike<number>): ClassWeights | null {
  const classes = imagesByClass(targets);
  if (!isUnbalanced(classes.map(({ length }) => length))) return null;
  const weights = new Float64Array(targets.length);
  for (const images of classes)
    for (const image of images) weights[image] = targets.length / (classes.length * images.length);
  return { weights, classes };
}

/**
 * 95 % interval of the mean of independent proportions, from Wilson's limits of each: their distances from the proportions are added
 * as squares (MOVER; Zou and Donner 2008, Statistics in Medicine 27). With one proportion it is Wilson's interval.
 * @param parts images of each class, and how many of them are correct
 */
export function meanOfProportionsInterval(parts: readonly { correct: number; total: number }[]): Interval {
  const mean = parts.reduce((sum, { correct, total }) => sum + correct / total, 0) / parts.length;
  let [below, above] = [0, 0];
  for (const { correct, total } of parts) {
    const { low, high } = wilson(correct, total);
    below += (correct / total - low) ** 2;
    above += (high - correct / total) ** 2;
  }
  return {
    low: Math.max(0, mean - Math.sqrt(below) / parts.length),
    high: Math.min(1, mean + Math.sqrt(above) / parts.length),
  };
}
