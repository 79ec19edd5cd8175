import { BlobReader, BlobWriter, ZipReader, ZipWriter } from '@zip.js/zip.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random';
import { UserError } from '../../src/core/user-error';
import { openKept } from '../../src/data/kept-dataset';
import { deleteInProject } from '../../src/files/project-folder';
import { deleteRecords, readHeaders, readStored } from './database';
import { keptModelFile } from './model-files';
import { parseProject } from './opening';
import { storedProject } from './project-fixture';
import { PROJECT_VERSION, projectSchema } from './schema';
import { exportProject, importProject, zipOfImages } from './zip';

/** A zip that every version of the schema has written. */
const VERSIONS = import.meta.glob<string>('./versions/*.zip', {
  query: '?url',
  import: 'default',
  eager: true,
});

/** `VITE_MUTATIONS=1000 npx vitest run app/project/zip.test.ts` is the long form. */
const MUTATIONS = Number(import.meta.env.VITE_MUTATIONS ?? 200);

const ID = 'zip-test';
const silent = () => {};
let zip: File;

beforeAll(async () => {
  await storedProject(ID);
  zip = await exportProject(ID, silent);
});
afterAll(() => forget(ID));

async function forget(id: string): Promise<void> {
  await deleteRecords(id);
  await deleteInProject(id);
}

/** Imports of a test, removed after it. */
const made: string[] = [];
afterEach(async () => {
  for (const id of made.splice(0)) await forget(id);
});
const imported = async (file: File) => {
  const id = await importProject(file, silent);
  made.push(id);
  return id;
};

/** The zip with its entries changed. */
async function rezipped(change: (name: string, content: Blob) => [string, Blob] | null): Promise<File> {
  const reader = new ZipReader(new BlobReader(zip), { useWebWorkers: false });
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false });
  for (const entry of await reader.getEntries()) {
    if (entry.directory) continue;
    const changed = change(entry.filename, await entry.getData(new BlobWriter()));
    if (changed) await writer.add(changed[0], new BlobReader(changed[1]));
  }
  return new File([await writer.close()], 'changed.zip');
}

describe('the zip of a project', () => {
  it('has names that people can read', async () => {
    const reader = new ZipReader(new BlobReader(zip), { useWebWorkers: false });
    const names = (await reader.getEntries()).map(({ filename }) => filename);
    expect(zip.name).toBe('made.zip');
    expect(names.slice(0, 6)).toEqual([
      'project.json',
      'runs/001 Atoms.json',
      'runs/002 Atoms 2.json',
      'runs/003 Atoms 3.json',
      'models/run-1.safetensors',
      'data/dataset.json',
    ]);
    expect(names.slice(6)).toHaveLength(10);
    expect(names[6]).toMatch(/^data\/class \d\/00001 \d\.png\.png$/);
  });

  it('becomes a project with the same records, images and model', async () => {
    const id = await imported(zip);
    const [before, after] = [await readStored(ID), await readStored(id)];
    expect(after?.parts.map(({ kind, id, value }) => ({ kind, id, value }))).toEqual(
      before?.parts.map(({ kind, id, value }) => ({ kind, id, value })),
    );
    const header = projectSchema.parse(after?.header);
    expect(header.name).toBe('made');
    const choice = { side: 12, seed: 0, testPart: 0, preset: 'whole', reading: {} } as const;
    const images = async (project: string, data: string) => {
      const { train, val } = await openKept({ project, data }, choice);
      return [train, val];
    };
    expect(await images(id, header.source?.data ?? '')).toEqual(await images(ID, 'images'));
    const model = async (project: string) => (await keptModelFile(project, 'run-1'))?.arrayBuffer();
    expect(await model(id)).toEqual(await model(ID));
  });

  it('is refused with a sentence, and nothing is stored, where it is not whole or not safe', async () => {
    const before = (await readHeaders()).length;
    const refused = async (file: File | Promise<File>, why: string) => {
      const importing = imported(await file);
      await expect(importing).rejects.toBeInstanceOf(UserError);
      await expect(importing).rejects.toThrow(why);
    };
    await refused(new File([zip.slice(0, zip.size / 2)], 'half.zip'), 'damaged or cut off');
    await refused(
      rezipped((name, content) => [name === 'runs/001 Atoms.json' ? '../../run.json' : name, content]),
      'leads outside of it',
    );
    await refused(
      rezipped((name, content) => (name === 'project.json' ? null : [name, content])),
      'has no project.json',
    );
    await refused(
      rezipped((name, content) => (name.endsWith('00001 0.png.png') ? null : [name, content])),
      'is missing or has another size',
    );
    const text = await (await entryOf('project.json')).text();
    const newer = new Blob([text.replace('"version": 1', '"version": 7')]);
    await refused(
      rezipped((name, content) => [name, name === 'project.json' ? newer : content]),
      'version 7; this one reads up to 1',
    );
    const png = await entryOf(/00002/);
    await refused(
      rezipped((name, content) => [name, name.includes('/00001 ') ? png : content]),
      'were changed after it was exported',
    );
    await refused(new File([new Blob(['PK'])], 'no.zip'), 'cannot be read');
    expect(await readHeaders()).toHaveLength(before);
  });

  it('opens without a run that it cannot read, which is exported as it was', async () => {
    const id = await imported(
      await rezipped((name, content) => [name, name === 'runs/001 Atoms.json' ? new Blob(['{']) : content]),
    );
    const stored = await readStored(id);
    expect(stored?.parts.find((part) => part.id === 'run-1' && part.kind === 'run')?.value).toBe('{');
    expect(parseProject(stored ?? { header: null, parts: [] }).session.unreadable).toHaveLength(1);
    const again = await entryOf(/^runs\/001 /, await exportProject(id, silent));
    expect(await again.text()).toBe('{');
  });

  it('is the same with images that were written before', async () => {
    const images = await zipOfImages({ project: ID, data: 'images' }, silent);
    const again = await exportProject(ID, silent, images);
    const namesOf = async (file: File) =>
      (await new ZipReader(new BlobReader(file)).getEntries()).map(({ filename }) => filename);
    expect(await namesOf(again)).toEqual(await namesOf(zip));
    const [one, other] = await Promise.all([zip, again].map((each) => entryOf(/^data\/.*00002 /, each)));
    expect(await other?.arrayBuffer()).toEqual(await one?.arrayBuffer());
    const stored = await readStored(await imported(again));
    expect(parseProject(stored ?? { header: null, parts: [] }).session.runs).toHaveLength(3);
  });

  it(`is a whole project or refused with a sentence, whatever of it is changed: ${MUTATIONS} mutations`, async () => {
    const before = (await readHeaders()).length;
    const entries = await contents();
    const random = seededRandom(9);
    const outcomes = { bytes: 0, content: 0, entry: 0 };
    for (let trial = 0; trial < MUTATIONS; trial++) {
      const kind = (['bytes', 'bytes', 'content', 'content', 'entry'] as const)[trial % 5] ?? 'bytes';
      const mutated = await mutations[kind](entries, random);
      let id = '';
      try {
        id = await importProject(mutated, silent);
      } catch (error) {
        expect(error, `trial ${trial}`).toBeInstanceOf(UserError);
        outcomes[kind]++;
        continue;
      }
      const stored = await readStored(id);
      expect(() => parseProject(stored ?? { header: null, parts: [] }), `trial ${trial}`).not.toThrow();
      await forget(id);
    }
    // Of each kind some are refused and some are read.
    const share = (refused: number, of: number) => refused / (of * MUTATIONS);
    expect(share(outcomes.bytes, 0.4)).toBeGreaterThan(0.5);
    expect(share(outcomes.content, 0.4)).toBeGreaterThan(0.25);
    expect(share(outcomes.content, 0.4)).toBeLessThan(0.97);
    expect(share(outcomes.entry, 0.2)).toBeGreaterThan(0.25);
    expect(share(outcomes.entry, 0.2)).toBeLessThan(0.95);
    expect(await readHeaders()).toHaveLength(before);
    // No files of a refused one are left.
    const root = await navigator.storage.getDirectory();
    const projects = await root.getDirectoryHandle('projects');
    const names: string[] = [];
    for await (const name of projects.keys()) names.push(name);
    expect(names).toEqual([ID]);
  });
});

type Contents = [name: string, content: Uint8Array<ArrayBuffer>][];

async function contents(): Promise<Contents> {
  const found: Contents = [];
  await rezipped((name, content) => {
    found.push([name, new Uint8Array()]);
    return [name, content];
  });
  return Promise.all(
    found.map(async ([name]) => [name, new Uint8Array(await (await entryOf(name)).arrayBuffer())] as const),
  ) as Promise<Contents>;
}

type Random = ReturnType<typeof seededRandom>;

/** Up to seven bytes are other ones; some are only cut off. */
function changed(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice(0, random.uniform() < 0.15 ? random.integer(bytes.length) : undefined);
  for (let change = 0; change <= random.integer(6) && copy.length > 0; change++)
    copy[random.integer(copy.length)] = random.integer(256);
  return copy;
}

async function zipped(entries: Contents): Promise<File> {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false, level: 0 });
  for (const [name, content] of entries) await writer.add(name, new BlobReader(new Blob([content])));
  return new File([await writer.close()], 'mutated.zip');
}

const mutations = {
  /** Bytes of the zip, wherever they are. */
  bytes: async (_: Contents, random: Random) =>
    new File([changed(new Uint8Array(await zip.arrayBuffer()), random)], 'mutated.zip'),
  /** The content of an entry, with a checksum that fits. */
  content: (entries: Contents, random: Random) => {
    const at = random.integer(entries.length);
    return zipped(
      entries.map(([name, bytes], index) => [name, index === at ? changed(bytes, random) : bytes]),
    );
  },
  /** An entry is missing, or has the content of another. */
  entry: (entries: Contents, random: Random) => {
    const at = random.integer(entries.length);
    const [, other] = entries[random.integer(entries.length)] ?? ['', new Uint8Array()];
    return random.uniform() < 0.5
      ? zipped(entries.filter((_, index) => index !== at))
      : zipped(entries.map(([name, bytes], index) => [name, index === at ? other : bytes]));
  },
};

async function entryOf(name: string | RegExp, from = zip): Promise<Blob> {
  const reader = new ZipReader(new BlobReader(from), { useWebWorkers: false });
  const entry = (await reader.getEntries()).find(({ filename }) =>
    typeof name === 'string' ? filename === name : name.test(filename),
  );
  if (!entry || entry.directory) throw new Error('There is no such entry.');
  return entry.getData(new BlobWriter());
}

describe('a zip of version', () => {
  it.each(Object.entries(VERSIONS))('%s is opened', async (name, address) => {
    const file = new File([await (await fetch(address)).blob()], name);
    const stored = await readStored(await imported(file));
    const { header, session } = parseProject(stored ?? { header: null, parts: [] });
    expect(header).toMatchObject({ version: PROJECT_VERSION, name: 'made' });
    expect(session.unreadable).toEqual([]);
    expect(session.runs.map(({ id, status }) => [id, status])).toEqual([
      ['run-1', 'finished'],
      ['run-2', 'interrupted'],
      ['run-3', 'queued'],
    ]);
  });
});
