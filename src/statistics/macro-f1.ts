/** Scores by class, and macro-F1, which weights all classes equally and so shows what accuracy hides for unbalanced classes. */

/** The largest ratio of class sizes for which accuracy is reported alone. */
const BALANCED_UP_TO = 1.5;

/** A score is null if its denominator is zero. */
interface ClassScores {
  /** The fraction of the images predicted as this class that belong to it. */
  precision: number | null;
  /** The fraction of the images of this class that are predicted as it. */
  recall: number | null;
  /** The harmonic mean of the two, 2 tp / (2 tp + fp + fn): 0 for a class never predicted, null if it does not occur either. */
  f1: number | null;
}

/**
 * The number of images of class `row` that were predicted as class `column`.
 * @param labels `[n]`, class indices
 * @param predictions `[n]`, class indices
 * @returns `[classes][classes]`
 * @throws RangeError if the two differ in length, or a class index is invalid
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): number[][] {
  if (labels.length !== predictions.length) {
    throw new RangeError(`${labels.length} labels have ${predictions.length} predictions.`);
  }
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? -1;
    const prediction = predictions[i] ?? -1;
    const row = matrix[label];
    const times = row?.[prediction];
    if (!row || times === undefined) {
      throw new RangeError(
        `Image ${i} is class ${label}, called ${prediction}; there are ${classes} classes.`,
      );
    }
    row[prediction] = times + 1;
  }
  return matrix;
}

/** The scores of every class of a confusion matrix. */
export function classScores(matrix: readonly (readonly number[])[]): ClassScores[] {
  return matrix.map((row, c) => {
    const right = row[c] ?? 0;
    const images = row.reduce((sum, times) => sum + times, 0);
    const calls = matrix.reduce((sum, other) => sum + (other[c] ?? 0), 0);
    return {
      precision: part(right, calls),
      recall: part(right, images),
      f1: part(2 * right, images + calls),
    };
  });
}

/**
 * The mean F1 over classes. Classes that neither occur nor are predicted are left out, as in scikit-learn.
 * @throws RangeError for a matrix without images
 */
export function macroF1(matrix: readonly (readonly number[])[]): number {
  const scores = classScores(matrix).flatMap(({ f1 }) => f1 ?? []);
  if (scores.length === 0) throw new RangeError('Macro-F1 needs at least one image.');
  return scores.reduce((sum, f1) => sum + f1, 0) / scores.length;
}

/**
 * Whether macro-F1 should be shown beside accuracy: the largest class has more than 1.5 times the images of the smallest.
 * @param counts images per class
 */
export function isUnbalanced(counts: readonly number[]): boolean {
  return Math.max(...counts) > BALANCED_UP_TO * Math.min(...counts);
}

function part(count: number, total: number): number | null {
  return total > 0 ? count / total : null;
}
