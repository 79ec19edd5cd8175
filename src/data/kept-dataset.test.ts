import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteInProject, projectFolder, writeWhole } from '../files/project-folder';
import { UserError } from '../user-error';
import { type Dataset, type ImportOptions, importDataset, resplit } from './dataset';
import { classPaths, dropped, plainFiles } from './file-fixtures';
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
  });
});
