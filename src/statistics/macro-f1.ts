/** Scores by class, and their mean that counts every class alike: what accuracy hides where classes differ in size. */

/** How many times the smallest class's images the largest may have for accuracy to stand alone. */
const BALANCED_UP_TO = 1.5;

/** Each is null where it is a share of no images. */
interface ClassScores {
  /** Of the images called this class, the part that is. */
  precision: number | null;
  /** Of the images of this class, the part called so. */
  recall: number | null;
  /** Harmonic mean of the two: 2 tp / (2 tp + fp + fn), so 0 for a class never called and null for one not there either. */
  f1: number | null;
}

/**
 * How often images of class `row` were called `column`.
 * @param labels `[n]`, places among the classes
 * @param predictions `[n]`, likewise
 * @returns `[classes][classes]`
 * @throws RangeError where the two differ in length, or one is no class
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
 * The mean of the classes' F1. Classes of which there is no image and which none was called are left out, as scikit-learn does.
 * @throws RangeError for a matrix without images
 */
export function macroF1(matrix: readonly (readonly number[])[]): number {
  const scores = classScores(matrix).flatMap(({ f1 }) => f1 ?? []);
  if (scores.length === 0) throw new RangeError('Macro-F1 needs at least one image.');
  return scores.reduce((sum, f1) => sum + f1, 0) / scores.length;
}

/**
 * Whether macro-F1 should stand beside accuracy: the largest class has more than 1.5 times the images of the smallest.
 * @param counts images per class
 */
export function isUnbalanced(counts: readonly number[]): boolean {
  return Math.max(...counts) > BALANCED_UP_TO * Math.min(...counts);
}

function part(count: number, total: number): number | null {
  return total > 0 ? count / total : null;
}
