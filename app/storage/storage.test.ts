import { clear, keys, set } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deleteInProject, projectFolder, writeWhole } from '../../src/files/project-folder';
import { deleteRecords, readStored } from '../project/database';
import { claim, releaseLock } from '../project/lock';
import { storedProject } from '../project/project-fixture';
import { read, useSession, write } from '../store/session';
import { clearComputed, removeProject } from './actions';
import { askToKeep } from './keep';
import { largestWords } from './LargestStored';
import { measureStorage, type StorageUse } from './measure';

const OWN = 'storage test';
const LEFT = 'storage test, leftovers';

beforeEach(async () => {
  write(useSession.getInitialState(), true);
  await clear();
});
afterEach(async () => {
  releaseLock();
  vi.restoreAllMocks();
  for (const id of [OWN, LEFT]) {
    await deleteRecords(id);
    await deleteInProject(id);
  }
  await clear();
});

const ours = async () => (await measureStorage()).projects.filter(({ id }) => [OWN, LEFT].includes(id));
const fileOf = async (id: string) =>
  writeWhole(await projectFolder(id, 'models'), 'file', [new Uint8Array(100_000)]);

describe('what is stored', () => {
  it('is every project with the bytes of its files, and files of none, the largest first', async () => {
    await fileOf(LEFT);
    expect(await ours()).toEqual([{ id: LEFT, name: null, bytes: 100_000 }]);
    await storedProject(OWN);
    const [, before] = await ours();
    await fileOf(OWN);
    expect(await ours()).toEqual([
      { id: OWN, name: 'made', bytes: 100_000 + (before?.bytes ?? 0) },
      { id: LEFT, name: null, bytes: 100_000 },
    ]);
  });

  it('is computed values by the bytes of their numbers', async () => {
    const atoms = { atoms: new Float32Array(25), relativeError: 0.5 };
    await set('atoms of x', new Map([['conv1', atoms]]));
    // 25 numbers of 4 bytes, one of 8, and the layer's name.
    expect((await measureStorage()).computed).toBe(100 + 8 + 'conv1'.length);
  });

  it('adds up to what the browser counts', async () => {
    await fileOf(LEFT);
    const { projects, backbones, computed, page, temporary, other, used, allowed } = await measureStorage();
    const known = [...projects, ...backbones].reduce(
      (sum, { bytes }) => sum + bytes,
      computed + page + temporary,
    );
    expect(used).toBeGreaterThanOrEqual(100_000);
    expect(allowed).toBeGreaterThan(used);
    expect(other).toBe(Math.max(0, used - known));
  });
});

describe('deleting', () => {
  it('removes a project with its records and files', async () => {
    await storedProject(OWN);
    expect(await removeProject(OWN)).toBeNull();
    expect(await readStored(OWN)).toBeNull();
    expect(await ours()).toEqual([]);
  });

  it('refuses with a sentence while a tab has the project open', async () => {
    await storedProject(OWN);
    await claim(OWN);
    expect(await removeProject(OWN)).toMatchObject({
      kind: 'user',
      message: expect.stringContaining('is open'),
    });
    expect(await ours()).toHaveLength(1);
    releaseLock();
    // The browser releases it a moment later.
    await expect.poll(() => removeProject(OWN)).toBeNull();
  });

  it('clears computed values', async () => {
    await set('tiles of x', { convolution: { large: '64', small: '32' } });
    expect(await clearComputed()).toBeNull();
    expect(await keys()).toEqual([]);
    expect(read().storageUse?.computed).toBe(0);
  });
});

it('a note that the disk is full names the three largest that may be deleted, without the open project', () => {
  const use: StorageUse = {
    projects: [
      { id: 'a', name: 'Open', bytes: 9e6 },
      { id: 'b', name: 'Flowers', bytes: 8e6 },
      { id: 'c', name: null, bytes: 2e3 },
    ],
    backbones: [{ id: 'own file x', bytes: 5e6, stored: null }],
    ...{ computed: 6e6, page: 7e6, temporary: 0, other: 9e6, used: 5e7, allowed: 6e7, isPersisted: false },
  };
  expect(largestWords(use, 'a')).toBe(
    'You could delete: project “Flowers”, 8\u00a0MB; computed values, 6\u00a0MB; backbone “own file x”, 5\u00a0MB.',
  );
  expect(largestWords({ ...use, projects: [], backbones: [], computed: 0 }, 'a')).toBe('');
});

describe('the request to keep what is stored', () => {
  const answers = (persisted: boolean, persist: Promise<boolean>) => {
    vi.spyOn(navigator.storage, 'persisted').mockResolvedValue(persisted);
    return vi.spyOn(navigator.storage, 'persist').mockReturnValue(persist);
  };
  beforeEach(() => localStorage.clear());

  it('says why before the browser answers, then what it answered; later requests say nothing', async () => {
    let answer = (_: boolean) => {};
    answers(
      false,
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const asking = askToKeep();
    await expect.poll(() => read().persistence).toBe('asked');
    answer(false);
    await asking;
    expect(read().persistence).toBe('refused');
    write({ persistence: null });
    const again = answers(false, Promise.resolve(true));
    await askToKeep();
    expect(again).toHaveBeenCalled();
    expect(read().persistence).toBeNull();
  });

  it('is not made where the browser has agreed before', async () => {
    const persist = answers(true, Promise.resolve(true));
    await askToKeep();
    expect(persist).not.toHaveBeenCalled();
    expect(read().persistence).toBeNull();
  });
});
