import { describe, expect, test } from 'vitest';
import type { Correction, FileSource, NamedFile } from '../core/dataset';
import { type Dataset, importDataset, resplit, summarize } from './dataset';
import { classPaths, dropped, paintedImage, plainFiles } from './file-fixtures';

const SIDE = 8;
const CHOICE = { side: SIDE, seed: 3, testPart: 0.2, preset: 'whole' } as const;

const load = (source: FileSource, corrections?: Correction[]): Promise<Dataset> =>
  importDataset(source, { ...CHOICE, reading: corrections ? { corrections } : {} });

/** What a run sees of a data set. */
const partsOf = ({ classes, train, val, test }: Dataset) => ({
  classes,
  parts: [train, val, test].map((part) => part && [part.labels, part.pixels]),
});

/** `a/0.png` to `a/9.png` and `b/1.png` to `b/10.png`. */
const files = () =>
  plainFiles(Array.from({ length: 20 }, (_, i) => (i < 10 ? `set/a/${i}.png` : `set/b/${i - 9}.png`)));

describe('a corrected label', () => {
  test('gives the split of files that had this label from the beginning', async () => {
    const given = await files();
    const corrected = await load(dropped(...given), [{ path: 'a/4.png', className: 'b' }]);
    // The image has the same place in the order of its new class.
    const moved = given.map((file) => ({
      ...file,
      path: file.path === 'set/a/4.png' ? 'set/b/0.png' : file.path,
    }));
    expect(partsOf(corrected)).toEqual(partsOf(await load(dropped(...moved))));
    expect(partsOf(corrected)).not.toEqual(partsOf(await load(dropped(...given))));
    const { classes } = await summarize(corrected);
    expect(classes.map(({ train, val, test }) => train + val + test)).toEqual([9, 11]);
    expect(classes[1]?.paths).toContain('a/4.png');
  });

  test('is part of the identity of the data, stays with another split, and is independent of the order of corrections', async () => {
    const source = dropped(...(await files()));
    const plain = await load(source);
    const both: Correction[] = [
      { path: 'a/4.png', className: 'b' },
      { path: 'b/2.png', className: null },
    ];
    const corrected = await load(source, both);
    expect(corrected.hash).not.toBe(plain.hash);
    expect(corrected.reading.corrections).toEqual(both);
    expect((await load(source, both.toReversed())).hash).toBe(corrected.hash);
    const again = resplit(corrected, { seed: 4, testPart: 0 });
    expect((await summarize(again)).classes.map(({ train, val }) => train + val)).toEqual([9, 10]);
  });

  test('ends a conflict: the images are then near-duplicates of one class', async () => {
    const noise = await paintedImage(8, 8, (x, y) => [(x * 97 + y * 31) % 256, (x * y * 53) % 256, 9]);
    const source = dropped(
      ...(await files()),
      { path: 'set/a/x.png', file: noise },
      { path: 'set/b/y.png', file: noise },
    );
    const conflicts = async (corrections?: Correction[]) =>
      (await summarize(await load(source, corrections))).duplicates;
    expect((await conflicts()).conflicts).toEqual([['a/x.png', 'b/y.png']]);
    expect(await conflicts([{ path: 'b/y.png', className: 'a' }])).toMatchObject({
      ...{ conflicts: [], groups: 1, images: 2 },
    });
    expect(await conflicts([{ path: 'b/y.png', className: null }])).toMatchObject({
      ...{ conflicts: [], groups: 0 },
    });
  });
});

describe('a removed image', () => {
  test('is left out, and the rest is split as if it had never been there', async () => {
    const given = await files();
    const removed = await load(dropped(...given), [{ path: 'b/7.png', className: null }]);
    const without = given.filter(({ path }: NamedFile) => path !== 'set/b/7.png');
    const expected = await load(dropped(...without));
    expect(partsOf(removed)).toEqual(partsOf(expected));
    expect(removed.hash).toBe(expected.hash);
    expect(removed.leftOut).toEqual([{ path: 'set/b/7.png', reason: 'Removed in a correction.' }]);
  });

  test('that leaves a class with one image leaves out that class', async () => {
    const given = await plainFiles(classPaths('set', { a: 5, b: 5, c: 2 }));
    const { classes, leftOut } = await load(dropped(...given), [{ path: 'c/0.png', className: null }]);
    expect(classes).toEqual(['a', 'b']);
    expect(leftOut.map(({ path }) => path).sort()).toEqual(['set/c/0.png', 'set/c/1.png']);
  });
});

test('a correction of an unknown image or to an unknown class changes nothing, and the person is told', async () => {
  const source = dropped(...(await files()));
  const { hash, notices } = await load(source, [
    { path: 'a/99.png', className: null },
    { path: 'a/1.png', className: 'z' },
  ]);
  expect(hash).toBe((await load(source)).hash);
  expect(notices).toEqual([
    'A correction does not apply to these images: remove “a/99.png”.',
    'A correction does not apply to these images: “a/1.png” is “z”.',
  ]);
});
