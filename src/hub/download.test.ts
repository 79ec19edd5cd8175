import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Behaviour, LoggedRequest } from '../../e2e/hub-server';
import type { DownloadProgress } from '../core/progress';
import { readSafetensors } from '../files/safetensors';
import { sha256 } from '../files/sha256';
import { askToPersist } from './persist';
import type { Download } from './sources';
import { unreadableBackbones } from './stored';
import type { TabReply, Task, Tasks } from './tab-fixture';
import { REPOSITORY, tensorsFixture, weightsFixture } from './weight-fixtures';

const HUB = inject('hub');
const WEIGHTS = weightsFixture();
const address = (view: string) => `${HUB}/${REPOSITORY}/${view}/main/model.safetensors`;
const WANTED: Download = {
  id: 'made/resnet',
  label: 'Made ResNet',
  fileName: 'model.safetensors',
  url: address('resolve'),
  pointerUrl: address('raw'),
  bytes: null,
  sha256: null,
};
const behave = (behaviour: Behaviour) => fetch(HUB, { method: 'PUT', body: JSON.stringify(behaviour) });
const requests = async (): Promise<LoggedRequest[]> => (await fetch(HUB)).json();

class ForThePerson extends Error {}

/** An engine of its own, as in another tab. */
class Tab {
  readonly progress: DownloadProgress[] = [];
  readonly #worker = new Worker(new URL('./tab-fixture.ts', import.meta.url), { type: 'module' });
  #nextId = 0;

  ask<K extends Task>(task: K, input: Tasks[K]['in']): Promise<Tasks[K]['out']> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#worker.addEventListener('message', ({ data }: MessageEvent<TabReply>) => {
        if (data.id !== id) return;
        if ('progress' in data) this.progress.push(data.progress);
        // The tab replies to each id with the result of its task.
        else if ('done' in data) resolve(data.done as Tasks[K]['out']);
        else {
          const { name, message, isForThePerson } = data.failed;
          reject(isForThePerson ? new ForThePerson(message) : new DOMException(message, name));
        }
      });
      this.#worker.postMessage({ id, task, input });
    });
  }

  phases(): string[] {
    const phases = this.progress.map(({ phase }) => phase);
    return phases.filter((phase, i) => phase !== phases[i - 1]);
  }

  /** Resolves when `bytes` bytes of the file have arrived. */
  arrived(bytes: number): Promise<void> {
    return expect
      .poll(() => this.progress.some(({ received }) => received >= bytes), { interval: 20, timeout: 20_000 })
      .toBe(true);
  }

  end(): void {
    this.#worker.terminate();
  }
}

const tabs: Tab[] = [];
function open(): Tab {
  const tab = new Tab();
  tabs.push(tab);
  return tab;
}

async function empty(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  // The browser closes the files of an ended worker after a delay.
  const remove = () =>
    root.removeEntry('backbones', { recursive: true }).then(
      () => 'removed',
      (error: DOMException) => error.name,
    );
  await expect.poll(remove).toBe('NotFoundError');
}

beforeEach(async () => {
  await empty();
  await behave({});
});
afterEach(async () => {
  for (const tab of tabs.splice(0)) tab.end();
  await empty();
});

/** Compares hashes, because matchers are slow on so many bytes. */
async function expectStored(tab: Tab, bytes = WEIGHTS): Promise<void> {
  const read = await tab.ask('read', WANTED.id);
  expect(read?.bytes.length).toBe(bytes.length);
  expect(read && (await sha256(read.bytes))).toBe(await sha256(bytes));
}

async function failure(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('Nothing was thrown.'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(ForThePerson);
  return error instanceof Error ? error.message : '';
}

describe('a download', () => {
  it('keeps what the hub has, checked against what the hub states, and is there at the next call', async () => {
    const tab = open();
    expect(await tab.ask('download', { wanted: WANTED })).toEqual({
      name: 'model.safetensors',
      size: WEIGHTS.length,
    });
    expect(tab.phases()).toEqual(['connecting', 'downloading', 'checking']);
    expect(tab.progress.at(-1)).toMatchObject({ received: WEIGHTS.length, total: WEIGHTS.length });
    await expectStored(tab);
    expect(await tab.ask('stored', null)).toEqual([
      {
        id: 'made/resnet',
        label: 'Made ResNet',
        fileName: 'model.safetensors',
        kind: 'whole',
        bytes: WEIGHTS.length,
        total: WEIGHTS.length,
        savedAt: expect.closeTo(Date.now(), -5),
        precision: 'original',
        sha256: await sha256(WEIGHTS),
        verified: true,
      },
    ]);
    await open().ask('download', { wanted: WANTED });
    expect(await requests()).toEqual([{ range: null, status: 200 }]);
  });

  it('goes on by itself where the connection broke off', async () => {
    await behave({ dropsAt: [0.4, 0.7] });
    const tab = open();
    await tab.ask('download', { wanted: WANTED });
    await expectStored(tab);
    const log = await requests();
    expect(log.map(({ status }) => status)).toEqual([200, 206, 206]);
    const from = log.map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]));
    expect(from[1]).toBeGreaterThan(0.3 * WEIGHTS.length);
    expect(from[1]).toBeLessThanOrEqual(0.4 * WEIGHTS.length + 1);
    expect(from[2]).toBeGreaterThan(0.6 * WEIGHTS.length);
    expect(tab.phases()).toContain('retrying');
  });

  it('takes a connection on which nothing comes for a broken one', async () => {
    await behave({ dropsAt: [0.4], stalls: true });
    const tab = open();
    await tab.ask('download', { wanted: WANTED, patience: 1 });
    const log = await requests();
    expect(log.map(({ status }) => status)).toEqual([200, 206]);
    await expectStored(tab);
  });

  it.each(['pointer', 'redirect', 'file'] as const)(
    'gives up, and says what to do, where the %s never comes',
    async (hangsAt) => {
      await behave({ hangsAt });
      const tab = open();
      expect(await failure(tab.ask('download', { wanted: WANTED, patience: 0.2 }))).toBe(
        'The download of “Made ResNet” could not start: no data arrived for 0.2 seconds (4 attempts). Check the connection, then try again.',
      );
      expect(await tab.ask('stored', null)).toEqual([]);
    },
  );

  it('waits out errors of the server that pass', async () => {
    await behave({ statuses: [503, 429] });
    const tab = open();
    await tab.ask('download', { wanted: WANTED });
    expect((await requests()).map(({ status }) => status)).toEqual([503, 429, 200]);
  });

  it('gives up when nothing more comes, and goes on in a later session', async () => {
    await behave({ dropsAt: [0.4, 0, 0, 0, 0, 0, 0] });
    const tab = open();
    const message = await failure(tab.ask('download', { wanted: WANTED }));
    expect(message).toMatch(
      /“Made ResNet” stopped after 1\.1\sMB of 2\.8\sMB: the server did not answer \(4 attempts\)/,
    );
    const [partial] = await tab.ask('stored', null);
    expect(partial).toMatchObject({ kind: 'partial', total: WEIGHTS.length, verified: false });
    expect(await tab.ask('read', WANTED.id)).toBeNull();
    tab.end();
    await behave({});
    const later = open();
    await later.ask('download', { wanted: WANTED });
    expect(await requests()).toEqual([{ range: `bytes=${partial?.bytes}-`, status: 206 }]);
    expect(later.progress[0]).toMatchObject({ phase: 'connecting', received: partial?.bytes });
    await expectStored(later);
  });

  it('ends when it is cancelled, and keeps what has arrived', async () => {
    await behave({ bytesPerSecond: 1e6 });
    const tab = open();
    const downloading = tab.ask('download', { wanted: WANTED });
    await tab.arrived(500_000);
    await tab.ask('cancel', null);
    await expect(downloading).rejects.toMatchObject({ name: 'AbortError' });
    const measured = tab.progress.at(-1);
    expect(measured?.bytesPerSecond).toBeGreaterThan(0.5e6);
    expect(measured?.bytesPerSecond).toBeLessThan(2e6);
    const [partial] = await tab.ask('stored', null);
    expect(partial?.bytes).toBeGreaterThanOrEqual(500_000);
    await behave({});
    await tab.ask('download', { wanted: WANTED });
    expect((await requests())[0]?.range).toBe(`bytes=${partial?.bytes}-`);
    await expectStored(tab);
  });

  it('goes on after its worker was ended in the middle', async () => {
    await behave({ bytesPerSecond: 1e6 });
    const tab = open();
    const downloading = tab.ask('download', { wanted: WANTED });
    downloading.catch(() => {});
    await tab.arrived(300_000);
    tab.end();
    await behave({});
    const other = open();
    await other.ask('download', { wanted: WANTED });
    expect((await requests())[0]?.status).toBe(206);
    await expectStored(other);
  });

  it('begins anew where the server knows no ranges', async () => {
    await behave({ dropsAt: [0.4], ignoresRanges: true });
    const tab = open();
    await tab.ask('download', { wanted: WANTED });
    expect((await requests()).map(({ status }) => status)).toEqual([200, 200]);
    await expectStored(tab);
  });

  it('takes no other part of the file than it asked for', async () => {
    await behave({ dropsAt: [0.4], mistakesRanges: true });
    const tab = open();
    await tab.ask('download', { wanted: WANTED });
    const log = await requests();
    expect(log.map(({ status }) => status)).toEqual([200, 206, 200]);
    expect(log[2]?.range).toBeNull();
    await expectStored(tab);
  });

  it('takes no rest of another version', async () => {
    const unstated = { ...WANTED, pointerUrl: null };
    await behave({ dropsAt: [0.4, 0, 0, 0, 0] });
    const tab = open();
    await failure(tab.ask('download', { wanted: unstated }));
    await behave({ hasNewVersion: true });
    await tab.ask('download', { wanted: unstated });
    expect((await requests()).map(({ status }) => status)).toEqual([206, 200]);
    const version = WEIGHTS.map((byte) => byte ^ 0xff);
    await expectStored(tab, version);
    expect(await tab.ask('stored', null)).toMatchObject([{ verified: false, sha256: await sha256(version) }]);
  });

  it('goes on where a script may see neither tag nor range, as the stated hash has the last word', async () => {
    await behave({ dropsAt: [0.4], hidesHeaders: true });
    const tab = open();
    await tab.ask('download', { wanted: WANTED });
    expect((await requests()).map(({ status }) => status)).toEqual([200, 206]);
    await expectStored(tab);
  });

  it('begins anew where nothing would tell that the rest is of the same file', async () => {
    await behave({ dropsAt: [0.4], hidesHeaders: true, hasNoPointer: true });
    const tab = open();
    await tab.ask('download', { wanted: WANTED });
    expect(await requests()).toEqual([
      { range: null, status: 200 },
      { range: null, status: 200 },
    ]);
    expect(await tab.ask('stored', null)).toMatchObject([{ kind: 'whole', verified: false }]);
  });

  it('deletes what is damaged, says so, and can be had again', async () => {
    await behave({ flipsBit: true });
    const tab = open();
    const message = await failure(tab.ask('download', { wanted: WANTED }));
    const hash = (await sha256(WEIGHTS)).slice(0, 8);
    expect(message).toMatch(
      new RegExp(`damaged: its SHA-256 begins with .{8} instead of ${hash}. It was deleted`),
    );
    expect(await tab.ask('stored', null)).toEqual([]);
    await behave({});
    await tab.ask('download', { wanted: WANTED });
    await expectStored(tab);
  });

  it('takes no more than the file was stated to have', async () => {
    const tab = open();
    const wanted = { ...WANTED, pointerUrl: null, bytes: WEIGHTS.length - 1 };
    expect(await failure(tab.ask('download', { wanted }))).toContain('more than the expected');
    expect(await tab.ask('stored', null)).toEqual([]);
  });

  it('says what the server says, and leaves nothing', async () => {
    await behave({ statuses: [404] });
    const tab = open();
    expect(await failure(tab.ask('download', { wanted: WANTED }))).toContain(
      '(HTTP 404). The file is no longer available',
    );
    expect(await tab.ask('stored', null)).toEqual([]);
  });

  it('in a second tab waits for the first, says so, and finds the file there', async () => {
    await behave({ bytesPerSecond: 2e6 });
    const [one, other] = [open(), open()];
    const first = one.ask('download', { wanted: WANTED });
    await one.arrived(1);
    const second = other.ask('download', { wanted: WANTED });
    await expect.poll(() => other.phases()).toEqual(['waiting']);
    expect(await failure(other.ask('remove', WANTED.id))).toContain('Cancel that first');
    // Listing during a download shows its progress and does not disturb it.
    expect(await other.ask('stored', null)).toMatchObject([{ kind: 'partial', total: WEIGHTS.length }]);
    await first;
    expect(await second).toEqual({ name: 'model.safetensors', size: WEIGHTS.length });
    expect(await requests()).toHaveLength(1);
  });

  it('in a second tab can be cancelled while it waits', async () => {
    await behave({ bytesPerSecond: 2e6 });
    const [one, other] = [open(), open()];
    const first = one.ask('download', { wanted: WANTED });
    await one.arrived(1);
    const second = other.ask('download', { wanted: WANTED });
    await expect.poll(() => other.phases()).toEqual(['waiting']);
    await other.ask('cancel', null);
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    await first;
  });

  it('does not begin without room, and says how much there is and what could go', async () => {
    const tab = open();
    await tab.ask('keep', {
      file: new File([new Uint8Array(1.2e6)], 'a.pth'),
      source: named('old', 'Old one'),
    });
    await tab.ask('pretendRoom', 1e6);
    const message = await failure(tab.ask('download', { wanted: WANTED }));
    expect(message).toBe(
      'There is not enough space to store “Made ResNet”: it needs 2.8\u00a0MB more and this page has 1\u00a0MB left. ' +
        'Delete backbones that you no longer need (“Old one”, 1.2\u00a0MB), or free space on this disk, then try again.',
    );
    expect(await tab.ask('stored', null)).toMatchObject([{ id: 'old' }]);
  });

  it('says so when the disk is full on the way, keeps what has arrived and goes on when there is room', async () => {
    await behave({ bytesPerSecond: 5e6 });
    const tab = open();
    await tab.ask('pretendFull', 1e6);
    expect(await failure(tab.ask('download', { wanted: WANTED }))).toContain(
      'not enough space to store “Made ResNet”',
    );
    const [partial] = await tab.ask('stored', null);
    expect(partial?.kind).toBe('partial');
    expect(partial?.bytes).toBeGreaterThan(0);
    tab.end();
    await behave({});
    const other = open();
    await other.ask('download', { wanted: WANTED });
    expect((await requests())[0]?.status).toBe(206);
    await expectStored(other);
  });

  it('kept as F16 is a valid file of half the size, nearest even numbers, with its origin noted', async () => {
    const tab = open();
    const { size } = await tab.ask('download', { wanted: WANTED, keepAs: 'F16' });
    expect(tab.phases()).toEqual(['connecting', 'downloading', 'checking', 'halving']);
    expect(size).toBeLessThan(0.51 * WEIGHTS.length);
    const read = await tab.ask('read', WANTED.id);
    const file = readSafetensors(read?.bytes ?? new Uint8Array(), 'halved');
    expect(file.metadata).toMatchObject({ made: 'for tests', original_sha256: await sha256(WEIGHTS) });
    for (const [name, { shape, data }] of tensorsFixture()) {
      const exact = ['bn1.running_var', 'large.weight'].includes(name);
      const stored = file.tensors.get(name);
      expect(stored?.dtype, name).toBe(exact ? 'F32' : 'F16');
      expect(stored?.shape).toEqual(shape);
      // Rounded by the browser; compared as bytes, because matchers are slow on so many numbers.
      const expected = exact ? data : Float32Array.from(float16(data));
      expect(stored && indexedDB.cmp(stored.data, expected), name).toBe(0);
    }
    expect(await tab.ask('stored', null)).toMatchObject([
      { precision: 'F16', bytes: size, total: size, verified: true, sha256: await sha256(WEIGHTS) },
    ]);
  });

  it('stays as it is where there is no room to rewrite it', async () => {
    const tab = open();
    await tab.ask('download', { wanted: WANTED });
    await tab.ask('pretendRoom', 1e6);
    expect(await failure(tab.ask('roundToFp16', WANTED.id))).toContain('not enough space');
    await expectStored(tab);
    await tab.ask('pretendRoom', null);
    await tab.ask('roundToFp16', WANTED.id);
    expect(await tab.ask('stored', null)).toMatchObject([{ precision: 'F16' }]);
  });
});

const named = (id: string, label: string) => ({ id, label, bytes: null, sha256: null });

/** The numbers rounded to fp16 by the browser. TypeScript's DOM types lack Float16Array. */
function float16(numbers: Float32Array): Iterable<number> {
  const { Float16Array } = globalThis as unknown as {
    Float16Array: new (numbers: Float32Array) => Iterable<number>;
  };
  return new Float16Array(numbers);
}

describe("a person's own file", () => {
  it('is kept, listed and opened like a downloaded one', async () => {
    const tab = open();
    const file = new File([WEIGHTS], 'mine.safetensors');
    await tab.ask('keep', { file, source: named('mine', 'Mine') });
    expect(tab.phases()).toEqual(['copying', 'checking']);
    expect(await tab.ask('stored', null)).toMatchObject([
      {
        id: 'mine',
        fileName: 'mine.safetensors',
        kind: 'whole',
        verified: false,
        sha256: await sha256(WEIGHTS),
      },
    ]);
    const read = await tab.ask('read', 'mine');
    expect(read?.name).toBe('mine.safetensors');
    expect(read && (await sha256(read.bytes))).toBe(await sha256(WEIGHTS));
    await tab.ask('remove', 'mine');
    expect(await tab.ask('stored', null)).toEqual([]);
    expect(await tab.ask('read', 'mine')).toBeNull();
  });

  it('is refused where it is not what its name says', async () => {
    const tab = open();
    const file = new File([WEIGHTS], 'resnet50-0676ba61.pth');
    const source = { id: 'v1', label: 'V1', bytes: WEIGHTS.length, sha256: '0'.repeat(64) };
    expect(await failure(tab.ask('keep', { file, source }))).toContain('is not the file “V1”: its SHA-256');
    expect(await tab.ask('stored', null)).toEqual([]);
  });
});

describe('what is read back', () => {
  async function folder(): Promise<FileSystemDirectoryHandle> {
    const root = await navigator.storage.getDirectory();
    return (await root.getDirectoryHandle('backbones')).getDirectoryHandle(encodeURIComponent(WANTED.id));
  }
  async function overwrite(name: string, contents: BlobPart): Promise<void> {
    const writable = await (await (await folder()).getFileHandle(name)).createWritable();
    await writable.write(new Blob([contents]));
    await writable.close();
  }

  it.each([
    ['a record that is no JSON', 'record.json', '{"kind":'],
    ['a record without its fields', 'record.json', '{"kind":"whole","bytes":-1}'],
    ['a file cut short', 'weights', 'short'],
  ])(
    'is not trusted: %s stays until the person deletes it or downloads it again',
    async (_, name, contents) => {
      const tab = open();
      await tab.ask('download', { wanted: WANTED });
      await overwrite(name, contents);
      expect(await tab.ask('read', WANTED.id)).toBeNull();
      expect(await tab.ask('stored', null)).toEqual([]);
      const { size } = await (await (await folder()).getFileHandle('weights')).getFile();
      expect(await unreadableBackbones()).toEqual([{ id: WANTED.id, bytes: size }]);
      await tab.ask('download', { wanted: WANTED });
      await expectStored(tab);
      expect(await unreadableBackbones()).toEqual([]);
      await overwrite(name, contents);
      await tab.ask('remove', WANTED.id);
      expect(await unreadableBackbones()).toEqual([]);
    },
  );
});

it('the browser can be asked not to clear the files away', async () => {
  expect(await askToPersist()).toBe(await navigator.storage.persisted());
});
