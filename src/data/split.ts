/** The parts of each class, by whole groups of images that belong together. */
import { seededRandom } from '../random';
import type { Part, SplitChoice } from '../worker/protocol';

/** Fraction of each class that is used for validation. */
export const VALIDATION_PART = 0.2;

/** An image to be placed. */
export interface Member {
  /** Index of the class. */
  label: number;
  /** Images of the same number stay together. */
  group: number;
}

/**
 * Draws the validation images, a fifth of each class, rounded, or as near to it as its groups allow; at least one
 * and never all. Then from the others the test images in the same way, so that asking for them leaves the
 * validation images as they were. Each class is drawn by its own stream, so adding or removing a class leaves the split of the
 * others as it was. A group of several classes trains: a score on an image with two labels would say nothing.
 * A class that has no group of its own but one, identical images say, is parted by image all the same: without
 * validation images it could not be scored at all. The summary counts what leaks.
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

/** For each class the groups that are all its own, and how many of its images belong to other groups. */
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
 * The groups from the first on that fit into `target` images, and one more where that comes nearer to it or nothing
 * fits.
 * @param most groups that may go
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
