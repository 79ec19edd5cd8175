import { describe, expect, test } from 'vitest';
import type { Part, Preset } from '../core/dataset';
import { type Dataset, importDataset, resplit, summarize } from './dataset';
import { decodeImage } from './decode';
import { classPaths, dropped, paintedImage, plainFiles } from './file-fixtures';
import { PRESETS, shares, takePreset } from './presets';
import { type Member, stratify } from './split';

const CLASSES = ['a', 'b', 'c'];
/** Images by class; every third of a class shares a group with the previous one. */
const MEMBERS: Member[] = [1200, 600, 300].flatMap((count, label) =>
  Array.from({ length: count }, (_, i) => ({ label, group: 10_000 * label + (i % 3 === 2 ? i - 1 : i) })),
);

function taken(preset: Preset, seed = 1, testPart = 0): (Part | null)[] {
  const parts = stratify(MEMBERS, CLASSES, { seed, testPart });
  return takePreset(MEMBERS, parts, CLASSES, { preset, seed, split: 'stratified' });
}

function counts(parts: readonly (Part | null)[], part: Part): number[] {
  return CLASSES.map((_, label) => MEMBERS.filter((m, i) => m.label === label && parts[i] === part).length);
}

describe('a preset', () => {
  test('vtab takes 800 + 200, in proportion to the classes', () => {
    const parts = taken('vtab');
    // 800 and 200 times 4/7, 2/7 and 1/7, by largest remainders; the split itself may differ from a fifth by one image.
    const [train, val] = [counts(parts, 'train'), counts(parts, 'val')];
    expect([train, val].map((list) => list.reduce((a, b) => a + b))).toEqual([800, 200]);
    [4, 2, 1].forEach((weight, label) => {
      expect(Math.abs((train[label] ?? 0) - (800 * weight) / 7)).toBeLessThanOrEqual(2);
      expect(Math.abs((val[label] ?? 0) - (200 * weight) / 7)).toBeLessThanOrEqual(2);
    });
  });

  test.each([1, 2, 4, 8, 16] as const)('few-shot-%i trains on that many of each class', (shots) => {
    const parts = taken(`few-shot-${shots}`);
    expect(counts(parts, 'train')).toEqual([shots, shots, shots]);
    expect(counts(parts, 'val').reduce((a, b) => a + b)).toBe(2000);
  });

  test('never divides a group, depends on the seed, and keeps the test images', () => {
    for (const preset of PRESETS) {
      const parts = taken(preset, 3, 0.2);
      const ofGroup = new Map<number, Set<Part>>();
      MEMBERS.forEach(({ group }, i) => {
        const part = parts[i];
        if (part) ofGroup.set(group, (ofGroup.get(group) ?? new Set()).add(part));
      });
      expect([...ofGroup.values()].every(({ size }) => size === 1)).toBe(true);
      expect(taken(preset, 3, 0.2)).toEqual(parts);
      expect(taken(preset, 4, 0.2)).not.toEqual(parts);
      expect(counts(parts, 'test')).toEqual(counts(taken('whole', 3, 0.2), 'test'));
    }
  });

  test('with more shots contains the images of one with fewer', () => {
    const shots = (preset: Preset) =>
      new Set([...taken(preset).entries()].filter(([, p]) => p === 'train').map(([i]) => i));
    const [one, four, sixteen] = [shots('few-shot-1'), shots('few-shot-4'), shots('few-shot-16')];
    expect([...one].every((i) => four.has(i))).toBe(true);
    expect([...four].every((i) => sixteen.has(i))).toBe(true);
  });

  test('shares add up, give each class at least one if possible, and never more than it has', () => {
    expect(shares([10, 20], 100)).toEqual([10, 20]);
    expect(shares([500, 300, 200], 10)).toEqual([5, 3, 2]);
    expect(shares([998, 1, 1], 10)).toEqual([8, 1, 1]);
    expect(shares([1000, ...Array.from({ length: 9 }, () => 1)], 10)).toEqual(
      Array.from({ length: 10 }, () => 1),
    );
    expect(shares([0, 50, 50, 50], 2).reduce((a, b) => a + b)).toBe(2);
  });
});

describe('a data set with a preset', () => {
  const SIDE = 8;
  const load = async (preset: Preset, paths: string[], seed = 1): Promise<Dataset> =>
    importDataset(dropped(...(await plainFiles(paths))), { side: SIDE, seed, testPart: 0, preset });

  test('split again keeps the preset and draws from the whole set', async () => {
    const paths = classPaths('s', { a: 30, b: 20 });
    const first = await load('few-shot-2', paths);
    expect([first.train, first.val].map(({ paths }) => paths.length)).toEqual([4, 46]);
    const again = resplit(first, { seed: 2, testPart: 0 });
    expect(again).toEqual(await load('few-shot-2', paths, 2));
    expect(again.train.paths).not.toEqual(first.train.paths);
    expect(first.hash).toBe((await load('whole', paths)).hash);
  });

  test('uses images of each part of a given split, and counts the unused ones', async () => {
    const paths = [...classPaths('s/train', { a: 30, b: 20 }), ...classPaths('s/val', { a: 3, b: 2 })];
    const dataset = await load('few-shot-4', paths);
    expect([dataset.train, dataset.val, dataset.unused].map(({ paths }) => paths.length)).toEqual([8, 5, 42]);
    const again = resplit(dataset, { seed: 5, testPart: 0 });
    expect(again.train.paths).not.toEqual(dataset.train.paths);
    expect(again.train.paths.every((path) => path.startsWith('train/'))).toBe(true);
    expect(again.val).toEqual(dataset.val);
    expect(await summarize(again)).toMatchObject({ preset: 'few-shot-4', unused: 42 });
  });

  test('vtab squeezes the whole image to the square and augments nothing', async () => {
    // Red, green and blue thirds: a centre crop would contain only green.
    const file = await paintedImage(180, 60, (x) =>
      x < 60 ? [255, 0, 0] : x < 120 ? [0, 255, 0] : [0, 0, 255],
    );
    const decoded = await decodeImage(file, 60, 'squeeze');
    if ('reason' in decoded) throw new Error(decoded.reason);
    const colour = (x: number) => [...decoded.pixels.subarray(3 * (60 * 30 + x), 3 * (60 * 30 + x) + 3)];
    expect([5, 30, 55].map(colour)).toEqual([
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
    ]);
    expect((await load('vtab', classPaths('s', { a: 5, b: 5 }))).augmentation).toBe('none');
  });
});
