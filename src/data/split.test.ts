import { describe, expect, test } from 'vitest';
import { seededRandom } from '../random';
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

function validated(list: readonly Member[], isVal: readonly boolean[], label: number): number {
  return list.filter((member, i) => member.label === label && isVal[i]).length;
}

describe('a stratified split', () => {
  test('never parts a group, whatever the groups', () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      const list = Array.from({ length: 200 }, () => ({
        label: random.integer(4),
        group: random.integer(90),
      }));
      const isVal = stratify(list, ['a', 'b', 'c', 'd'], seed);
      const parts = new Map<number, Set<boolean>>();
      list.forEach(({ group }, i) => {
        parts.set(group, (parts.get(group) ?? new Set()).add(isVal[i] ?? false));
      });
      expect([...parts.values()].every(({ size }) => size === 1)).toBe(true);
    }
  });

  test('comes as near to a fifth of each class as half of its smallest group', () => {
    const sizes = [
      [3, 3, 3, 3, 3, 3, 3, 3, 3, 3],
      [20, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
      Array.from({ length: 25 }, () => 1),
    ];
    const list = members(...sizes);
    for (const seed of SEEDS) {
      const isVal = stratify(list, ['a', 'b', 'c'], seed);
      sizes.forEach((ofClass, label) => {
        const fifth = ofClass.reduce((sum, size) => sum + size, 0) / 5;
        const count = validated(list, isVal, label);
        expect(Math.abs(count - fifth)).toBeLessThanOrEqual(Math.min(...ofClass) / 2);
      });
    }
  });

  test('holds out a class of two groups by the smaller one, and one of a single group not at all', () => {
    const list = members([5, 3], [6], [1, 1]);
    for (const seed of SEEDS) {
      const isVal = stratify(list, ['a', 'b', 'c'], seed);
      expect([0, 1, 2].map((label) => validated(list, isVal, label))).toEqual([3, 0, 1]);
    }
  });

  test('trains on a group of several classes', () => {
    const own = members([1, 1, 1, 1], [1, 1, 1, 1]);
    const shared = [0, 0, 1].map((label) => ({ label, group: 99 }));
    for (const seed of SEEDS) {
      const isVal = stratify([...own, ...shared], ['a', 'b'], seed);
      expect(isVal.slice(-3)).toEqual([false, false, false]);
      expect([0, 1].map((label) => validated(own, isVal, label))).toEqual([1, 1]);
    }
  });

  test('of a class stays as it was when another comes', () => {
    const [a, b, c] = [
      [1, 4, 1, 2, 1, 1, 3],
      [2, 2, 1, 1, 1],
      [5, 1, 1],
    ];
    for (const seed of SEEDS) {
      const two = stratify(members(a, c), ['a', 'c'], seed);
      const three = stratify(members(a, b, c), ['a', 'b', 'c'], seed);
      const ofB = b.reduce((sum, size) => sum + size, 0);
      expect([...three.slice(0, 13), ...three.slice(13 + ofB)]).toEqual(two);
    }
  });

  test('is drawn by the seed', () => {
    const list = members(Array.from({ length: 50 }, (_, i) => 1 + (i % 3)));
    const splits = new Set(SEEDS.map((seed) => stratify(list, ['a'], seed).join()));
    expect(splits.size).toBe(SEEDS.length);
    expect(stratify(list, ['a'], 3)).toEqual(stratify(list, ['a'], 3));
  });
});
