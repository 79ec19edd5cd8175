/** The 80/20 split within each class. */
import { seededRandom } from '../random';

/** Part of each class that validates. */
const VALIDATION_PART = 0.2;

/**
 * Marks the validation images: a fifth of each class, rounded, at least one and never all. Each class is drawn
 * by its own stream, so adding or removing a class leaves the split of the others as it was.
 * @param labels `[n]`, places in `classes`; every class needs two images
 * @returns `[n]`, true where the image validates
 */
export function stratify(labels: ArrayLike<number>, classes: readonly string[], seed: number): boolean[] {
  const random = seededRandom(seed).fork('split');
  const members: number[][] = classes.map(() => []);
  Array.from(labels).forEach((label, i) => {
    members[label]?.push(i);
  });
  const validates = new Array<boolean>(labels.length).fill(false);
  members.forEach((indices, label) => {
    const drawn = random.fork(classes[label] ?? '').shuffle(indices.slice());
    for (const i of drawn.slice(0, validationCount(indices.length))) validates[i] = true;
  });
  return validates;
}

function validationCount(n: number): number {
  return Math.min(n - 1, Math.max(1, Math.round(n * VALIDATION_PART)));
}
