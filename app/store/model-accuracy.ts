/** A model's headline accuracy, from the number of images of each class that it got right. */

import type { ModelScore } from '../../src/core/model';
import { meanOfProportionsInterval } from '../../src/statistics/balanced';
import { isUnbalanced } from '../../src/statistics/macro-f1';
import { wilson } from '../../src/statistics/wilson';
import type { Accuracy, Unbalanced } from './comparison';

export interface ModelAccuracy extends Omit<Accuracy, 'unbalanced'> {
  /** Null if the classes are nearly balanced, or their images are not known. */
  unbalanced: Omit<Unbalanced, 'macroF1'> | null;
}

/** Equals `accuracyOf` of the model's predictions; null if the score is of no image. */
export function modelAccuracy({ correct, images, byClass }: ModelScore): ModelAccuracy | null {
  if (images === 0) return null;
  const parts = (byClass?.images ?? []).flatMap((total, label) =>
    total > 0 ? [{ correct: byClass?.correct[label] ?? 0, total }] : [],
  );
  const totals = parts.map(({ total }) => total);
  const accuracy = correct / images;
  if (!isUnbalanced(totals))
    return { mean: accuracy, interval: wilson(correct, images), images, unbalanced: null };
  return {
    mean: parts.reduce((sum, { correct, total }) => sum + correct / total, 0) / parts.length,
    interval: meanOfProportionsInterval(parts),
    images,
    unbalanced: { accuracy, majority: Math.max(...totals) / images, classes: totals.length },
  };
}
