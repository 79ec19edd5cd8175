import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Correction, NamedFile, Preset } from '../core/dataset';
import { seededRandom } from '../core/random';
import { UserError } from '../core/user-error';
import { deleteInProject, projectFolder, writeWhole } from '../files/project-folder';
import { type Dataset, type ImportOptions, importDataset, resplit } from './dataset';
import { classPaths, dropped, paintedImage, plainFiles, textFile } from './file-fixtures';
import { openKept, writeKept } from './kept-dataset';

const PLACE = { project: 'kept-dataset test', data: 'pets' };
const CHOICE = { seed: 3, testPart: 0.2, preset: 'whole', reading: {} } as const;
const SIDE = 8;

const imported = async (options: Partial<ImportOptions> = {}): Promise<Dataset> => {
  const files = await plainFiles([...classPaths('pets', { cat: 9, dog: 8 }), 'pets/readme.txt']);
  return importDataset(dropped(...files), { ...CHOICE, side: SIDE, ...options });
};
const reopened = (choice: Partial<Parameters<typeof openKept>[1]> = {}) =>
  openKept(PLACE, { ...CHOICE, side: SIDE, ...choice });

/** Without the original files, which are not kept. */
const comparable = ({ originals: _, ...rest }: Dataset) => rest;

describe('a data set kept in a project', () => {
  beforeEach(() => deleteInProject(PLACE.project));
  afterEach(() => deleteInProject(PLACE.project));

  it('comes back as it was imported, with the same split', async () => {
    const dataset = await imported();
    await writeKept(PLACE, dataset);
    expect(comparable(await reopened())).toEqual(comparable(dataset));
  });

  it('is split and reduced again as the imported one would be', async () => {
    await writeKept(PLACE, await imported());
    const another = { seed: 5, testPart: 0 };
    expect(comparable(await reopened(another))).toEqual(comparable(resplit(await imported(), another)));
    const few = await imported({ preset: 'few-shot-2' });
    expect(comparable(await reopened({ preset: 'few-shot-2' }))).toEqual(comparable(few));
    // Images that a preset does not use are kept as well.
    await deleteInProject(PLACE.project);
    await writeKept(PLACE, few);
    expect(comparable(await reopened())).toEqual(comparable(await imported()));
  });

  it('says so where the original files are needed', async () => {
    await writeKept(PLACE, await imported());
    await expect(reopened({ side: 16 })).rejects.toThrow('with 8 × 8 pixels');
    await expect(reopened({ preset: 'vtab' })).rejects.toThrow('The original files are not kept.');
    await expect(reopened({ reading: { classLevel: 2 } })).rejects.toThrow('the original files are needed');
  });

  describe('whose labels are corrected', () => {
    /** Classes with a conflict of labels, with one image only, and with a file that is none; a split that is given or drawn. */
    async function files(given: boolean): Promise<NamedFile[]> {
      const noise = await paintedImage(8, 8, (x, y) => [(x * 97 + y * 31) % 256, (x * y * 53) % 256, 9]);
      const drawn = await plainFiles(classPaths('pets', { cat: 9, dog: 8, owl: 1 }));
      const inParts = await plainFiles([
        ...classPaths('pets/train', { cat: 6, dog: 5, owl: 1 }),
        ...classPaths('pets/val', { cat: 3, dog: 3 }),
        ...classPaths('pets/test', { cat: 2, dog: 2 }),
      ]);
      const root = given ? 'pets/train' : 'pets';
      return [
        ...(given ? inParts : drawn),
        { path: `${root}/cat/x.png`, file: noise },
        { path: `${root}/dog/y.png`, file: noise },
        textFile(`${root}/dog/broken.png`, 'no image'),
      ];
    }
    const outcome = async (making: Promise<Dataset>) => {
      try {
        return comparable(await making);
      } catch (error) {
        if (error instanceof UserError) return error.message;
        throw error;
      }
    };

    for (const given of [false, true])
      it(`is what importing its files with these corrections gives: split ${given ? 'given' : 'drawn'}`, async () => {
        const source = dropped(...(await files(given)));
        const fresh = (corrections: Correction[], preset: Preset = 'whole') =>
          importDataset(source, {
            ...CHOICE,
            preset,
            side: SIDE,
            reading: corrections.length ? { corrections } : {},
          });
        const paths = [...((await fresh([])).uncorrected?.images.keys() ?? []), 'cat/none.png'];
        const random = seededRandom(7);
        const corrections = (): Correction[] =>
          random
            .shuffle(paths)
            .slice(0, random.integer(7))
            .map((path) => ({
              path,
              className: ['cat', 'dog', 'owl', 'cow', null, null][random.integer(6)] ?? null,
            }));
        let compared = 0;
        for (let trial = 0; trial < 16; trial++) {
          const [before, after] = [corrections(), corrections()];
          const preset = trial % 4 === 0 ? 'few-shot-2' : 'whole';
          const kept = await fresh(before).catch(() => null);
          if (!kept) continue;
          await deleteInProject(PLACE.project);
          await writeKept(PLACE, kept);
          const reading = after.length > 0 ? { corrections: after } : {};
          const expected = await outcome(fresh(after, preset));
          expect(await outcome(reopened({ preset, reading })), `trial ${trial}`).toEqual(expected);
          if (typeof expected === 'string') continue;
          compared++;
          // Once more from what was corrected.
          await writeKept(PLACE, await reopened({ preset, reading }));
          expect(await outcome(reopened({ preset, reading }))).toEqual(expected);
          expect(await outcome(reopened())).toEqual(await outcome(fresh([])));
        }
        expect(compared).toBeGreaterThan(8);
      });

    it('keeps a removed image, so that the removal can be taken back', async () => {
      const removal = { corrections: [{ path: 'cat/3.png', className: null }] };
      await writeKept(PLACE, await imported({ reading: removal }));
      const removed = await reopened({ reading: removal });
      expect(comparable(await reopened({ reading: null }))).toEqual(comparable(removed));
      expect(removed.leftOut).toContainEqual({ path: 'pets/cat/3.png', reason: 'Removed in a correction.' });
      expect(removed.hash).not.toBe((await imported()).hash);
      expect(comparable(await reopened())).toEqual(comparable(await imported()));
    });

    /** As earlier versions of this program wrote it. */
    async function writeFormer(dataset: Dataset): Promise<void> {
      await writeKept(PLACE, { ...dataset, uncorrected: null });
    }

    it('can be one that an earlier version has kept without corrections', async () => {
      const reading = { corrections: [{ path: 'cat/3.png', className: 'dog' }] };
      const { uncorrected: _, ...expected } = comparable(await imported({ reading }));
      await writeFormer(await imported());
      expect(await reopened({ reading })).toMatchObject(expected);
      await expect(
        reopened({ reading: { corrections: [{ path: 'cat/3.png', className: 'owl' }] } }),
      ).rejects.toThrow('by an earlier version of atomtune');
      await writeFormer(await imported({ reading }));
      expect(await reopened({ reading })).toMatchObject(expected);
      await expect(reopened()).rejects.toThrow('by an earlier version of atomtune');
    });
  });

  it('is refused with a sentence where a file is missing or changed', async () => {
    await expect(reopened()).rejects.toThrow('they are missing');
    await writeKept(PLACE, await imported());
    const folder = await projectFolder(PLACE.project, 'data', PLACE.data);
    const bytes = async (name: string) =>
      new Uint8Array(await (await (await folder.getFileHandle(name)).getFile()).arrayBuffer());
    const [images, description] = [await bytes('images'), await bytes('dataset.json')];
    const changed = images.slice();
    changed[100] = (changed[100] ?? 0) ^ 1;
    for (const [name, content, why] of [
      ['images', changed, 'their SHA-256 is not the recorded one'],
      ['images', images.slice(1), 'their file has another length'],
      ['dataset.json', description.slice(1), 'their description cannot be read'],
    ] as const) {
      await writeWhole(folder, name, [content]);
      const refused = reopened();
      await expect(refused).rejects.toBeInstanceOf(UserError);
      await expect(refused).rejects.toThrow(why);
      await writeWhole(folder, name, [name === 'images' ? images : description]);
    }
    expect((await reopened()).classes).toEqual(['cat', 'dog']);
    const removal = { corrections: [{ path: 'cat/3.png', className: null }] };
    await writeKept(PLACE, await imported({ reading: removal }));
    const apart = await bytes('left-out');
    await writeWhole(folder, 'left-out', [apart.slice(1)]);
    await expect(reopened({ reading: removal })).rejects.toThrow('left out has another length');
    apart[5] = (apart[5] ?? 0) ^ 1;
    await writeWhole(folder, 'left-out', [apart]);
    await expect(reopened({ reading: removal })).rejects.toThrow('their SHA-256 is not the recorded one');
  });
});
