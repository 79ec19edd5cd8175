/** Splits the images of each class by whole groups of images that belong together. */

import type { Part, SplitChoice } from '../core/dataset';
import { seededRandom } from '../core/random';

/** Fraction of each class that is used for validation. */
export const VALIDATION_PART = 0.2;

/** An image to be assigned to a part of the split. */
export interface Member {
  /** Index of the class. */
  label: number;
  /** Images with the same number stay together. */
  group: number;
}

/**
 * Draws the validation images: a fifth of each class, rounded, or as near to it as its groups allow; at least one image and never
 * all. The test images are then drawn from the others in the same way, so that requesting them does not change the validation
 * images. Each class has its own random stream, so adding or removing a class does not change the split of the others. A group
 * with several classes is used for training, because an image with two labels cannot be scored. A class whose own images form one
 * group, such as identical images, is split by image, because without validation images it could not be scored; the summary
 * counts the leaked images.
 * @param members `[n]`; every class needs two
 * @returns `[n]`
 */
export function stratify(
  members: readonly Member[],
  classes: readonly string[],
  { seed, testPart }: SplitChoice,
): Part[] {
  const random = seededRandom(seed).fork('split');
  const parts = new Array<Part>(members.length).fill('train');
  const byClass = groupsByClass(members, classes.length);
  for (const [label, { own, shared }] of byClass.entries()) {
    const pieces = own.length === 1 && countOf(own) > shared ? own.flat().map((i) => [i]) : own.slice();
    let left = random.fork(classes[label] ?? '').shuffle(pieces);
    const take = (part: Part, fraction: number) => {
      const target = Math.max(1, Math.round((countOf(own) + shared) * fraction));
      const taken = heldOut(left, target, shared > 0 ? left.length : left.length - 1);
      left = left.filter((group) => !taken.has(group));
      for (const group of taken) for (const i of group) parts[i] = part;
    };
    take('val', VALIDATION_PART);
    if (testPart > 0) take('test', testPart);
  }
  return parts;
}

/** For each class, the groups with images of this class only, and the number of its images in other groups. */
function groupsByClass(members: readonly Member[], classes: number): { own: number[][]; shared: number }[] {
  const groups = new Map<number, number[]>();
  members.forEach(({ group }, i) => {
    const present = groups.get(group);
    if (present) present.push(i);
    else groups.set(group, [i]);
  });
  const byClass = Array.from({ length: classes }, () => ({ own: [] as number[][], shared: 0 }));
  for (const group of groups.values()) {
    const labels = group.map((i) => members[i]?.label ?? -1);
    const isOwn = new Set(labels).size === 1;
    if (isOwn) byClass[labels[0] ?? -1]?.own.push(group);
    else
      for (const label of labels) {
        const found = byClass[label];
        if (found) found.shared++;
      }
  }
  return byClass;
}

/**
 * Takes groups in order while they fit into `target` images, and one more if that comes nearer to `target` or if nothing fits.
 * @param most maximum number of groups
 */
function heldOut(groups: readonly number[][], target: number, most: number): Set<number[]> {
  const taken = new Set<number[]>();
  let count = 0;
  for (const group of groups) {
    if (taken.size >= most || count + group.length > target) continue;
    taken.add(group);
    count += group.length;
  }
  const left = groups.filter((group) => !taken.has(group));
  const smallest = left.reduce<number[] | null>(
    (least, group) => (least && least.length <= group.length ? least : group),
    null,
  );
  if (smallest && taken.size < most && (count === 0 || 2 * (target - count) > smallest.length))
    taken.add(smallest);
  return taken;
}

function countOf(groups: readonly number[][]): number {
  return groups.reduce((sum, group) => sum + group.length, 0);
}
