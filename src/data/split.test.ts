import { describe, expect, test } from 'vitest';
import type { Part } from '../core/dataset';
import { seededRandom } from '../core/random';
import { type Member, stratify } from './split';

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);

/** Groups of these sizes, each of one class. */
function members(...sizes: number[][]): Member[] {
  let group = 0;
  return sizes.flatMap((ofClass, label) =>
    ofClass.flatMap((size) => {
      group++;
      return Array.from({ length: size }, () => ({ label, group }));
    }),
  );
}

function drawn(list: readonly Member[], classes: readonly string[], seed: number, testPart = 0): Part[] {
  return stratify(list, classes, { seed, testPart });
}

function countIn(part: Part, list: readonly Member[], parts: readonly Part[], label: number): number {
  return list.filter((member, i) => member.label === label && parts[i] === part).length;
}

describe('a stratified split', () => {
  test('never divides a group', () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      const list = Array.from({ length: 200 }, () => ({
        label: random.integer(4),
        group: random.integer(90),
      }));
      const parts = drawn(list, ['a', 'b', 'c', 'd'], seed, 0.2);
      const ofGroup = new Map<number, Set<Part>>();
      list.forEach(({ group }, i) => {
        ofGroup.set(group, (ofGroup.get(group) ?? new Set()).add(parts[i] ?? 'train'));
      });
      expect([...ofGroup.values()].every(({ size }) => size === 1)).toBe(true);
    }
  });

  test('differs from a fifth of each class by at most half of its smallest group', () => {
    const sizes = [
      [3, 3, 3, 3, 3, 3, 3, 3, 3, 3],
      [20, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
      Array.from({ length: 25 }, () => 1),
    ];
    const list = members(...sizes);
    for (const seed of SEEDS) {
      const parts = drawn(list, ['a', 'b', 'c'], seed);
      sizes.forEach((ofClass, label) => {
        const fifth = ofClass.reduce((sum, size) => sum + size, 0) / 5;
        const count = countIn('val', list, parts, label);
        expect(Math.abs(count - fifth)).toBeLessThanOrEqual(Math.min(...ofClass) / 2);
      });
    }
  });

  test('validates on the smaller of two groups, and splits a single group by image', () => {
    const list = members([5, 3], [6], [1, 1]);
    for (const seed of SEEDS) {
      const parts = drawn(list, ['a', 'b', 'c'], seed);
      expect([0, 1, 2].map((label) => countIn('val', list, parts, label))).toEqual([3, 1, 1]);
    }
  });

  test('uses a group of several classes for training', () => {
    const own = members([1, 1, 1, 1], [1, 1, 1, 1]);
    const shared = [0, 0, 1].map((label) => ({ label, group: 99 }));
    for (const seed of SEEDS) {
      const parts = drawn([...own, ...shared], ['a', 'b'], seed);
      expect(parts.slice(-3)).toEqual(['train', 'train', 'train']);
      expect([0, 1].map((label) => countIn('val', own, parts, label))).toEqual([1, 1]);
    }
  });

  test('of a class does not change when another class is added', () => {
    const [a, b, c] = [
      [1, 4, 1, 2, 1, 1, 3],
      [2, 2, 1, 1, 1],
      [5, 1, 1],
    ];
    for (const seed of SEEDS) {
      const two = drawn(members(a, c), ['a', 'c'], seed);
      const three = drawn(members(a, b, c), ['a', 'b', 'c'], seed);
      const ofB = b.reduce((sum, size) => sum + size, 0);
      expect([...three.slice(0, 13), ...three.slice(13 + ofB)]).toEqual(two);
    }
  });

  test('depends on the seed', () => {
    const list = members(Array.from({ length: 50 }, (_, i) => 1 + (i % 3)));
    const splits = new Set(SEEDS.map((seed) => drawn(list, ['a'], seed).join()));
    expect(splits.size).toBe(SEEDS.length);
    expect(drawn(list, ['a'], 3)).toEqual(drawn(list, ['a'], 3));
  });

  test('holds out test images on request, from the training images alone', () => {
    const list = members(
      Array.from({ length: 50 }, () => 1),
      [3, 3, 3, 3, 3],
      [1, 1, 1],
      [1, 1],
    );
    for (const seed of SEEDS) {
      const [without, held] = [0, 0.2].map((part) => drawn(list, ['a', 'b', 'c', 'd'], seed, part));
      const counts = [0, 1, 2, 3].map((label) =>
        (['train', 'val', 'test'] as const).map((part) => countIn(part, list, held ?? [], label)),
      );
      expect(counts).toEqual([
        [30, 10, 10],
        [9, 3, 3],
        [1, 1, 1],
        [1, 1, 0],
      ]);
      expect(held?.map((part) => (part === 'test' ? 'train' : part))).toEqual(without);
    }
  });
});
