/**
 * Where one backbone is kept on this machine: a folder of its own in the origin-private file system, with the weights' bytes and
 * a record of what they are. One copy serves all tabs; whoever changes a place holds its lock. What is read back is validated:
 * storage outlives the code that wrote it.
 */
import { z } from 'zod';
import { openSyncAccess, type SyncAccessHandle } from '../files/sync-access';
import { UserError } from '../user-error';

const ROOT = 'backbones';
const RECORD = 'record.json';
const nameOf = (id: string) => encodeURIComponent(id);
const lockOf = (id: string) => `atomtune backbone ${id}`;

const bytes = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const common = z.object({
  label: z.string(),
  fileName: z.string(),
  /** Where it was downloaded from; null for the person's own file. */
  url: z.string().nullable(),
  /** Milliseconds since 1970. */
  savedAt: z.number(),
});

const recordSchema = z.discriminatedUnion('kind', [
  common.extend({
    kind: z.literal('partial'),
    /** Of the whole file, where somebody has said so; with the server's tag, by which it says that the file is the same. */
    bytes: bytes.nullable(),
    sha256: sha256.nullable(),
    etag: z.string().nullable(),
  }),
  common.extend({
    kind: z.literal('whole'),
    /** As stored. */
    bytes,
    /** Of the file as it was published, whatever it is kept as. */
    sha256,
    /** Somebody else stated this SHA-256: the hub, or the table. */
    verified: z.boolean(),
    precision: z.enum(['original', 'F16']),
  }),
]);

export type PlaceRecord = z.infer<typeof recordSchema>;
export type PartialRecord = Extract<PlaceRecord, { kind: 'partial' }>;
export type WholeRecord = Extract<PlaceRecord, { kind: 'whole' }>;
/** What the stored numbers are: as published, or rounded to half precision. */
export type StoredPrecision = WholeRecord['precision'];

export interface StoredFile {
  /** Read from disk as it is asked for. */
  file: File;
  record: WholeRecord;
}

/** The weights' file; rounded weights have another, so that the one is whole until the other is. */
const DATA = { original: 'weights', F16: 'weights-f16' } as const satisfies Record<StoredPrecision, string>;

export class Place {
  private constructor(
    readonly id: string,
    private readonly folder: FileSystemDirectoryHandle,
  ) {}

  static async find(id: string): Promise<Place | null> {
    const folder = await absent((await root()).getDirectoryHandle(nameOf(id)));
    return folder && new Place(id, folder);
  }

  /** Finds or makes it. */
  static async make(id: string): Promise<Place> {
    return new Place(id, await (await root()).getDirectoryHandle(nameOf(id), { create: true }));
  }

  /** Null where there is none that can be made sense of, or its file is not what it says. */
  async record(): Promise<PlaceRecord | null> {
    const file = await absent(this.folder.getFileHandle(RECORD));
    const parsed = recordSchema.safeParse(await (await file?.getFile())?.text().then(json));
    if (!parsed.success) return null;
    if (parsed.data.kind === 'whole') {
      const stored = await this.#file(parsed.data.precision);
      if (stored?.size !== parsed.data.bytes) return null;
    }
    return parsed.data;
  }

  async write(record: PlaceRecord): Promise<void> {
    const handle = await open(await this.folder.getFileHandle(RECORD, { create: true }));
    try {
      const text = new TextEncoder().encode(JSON.stringify(record));
      handle.truncate(0);
      handle.write(text, { at: 0 });
      handle.flush();
    } finally {
      handle.close();
    }
  }

  /** Opens the weights' bytes for `use`, and closes them after it. */
  async use<Result>(
    precision: StoredPrecision,
    use: (handle: SyncAccessHandle) => Result | Promise<Result>,
  ): Promise<Result> {
    const handle = await open(await this.folder.getFileHandle(DATA[precision], { create: true }));
    try {
      return await use(handle);
    } finally {
      handle.close();
    }
  }

  /** Null as long as it is not whole. */
  async whole(): Promise<StoredFile | null> {
    const record = await this.record();
    if (record?.kind !== 'whole') return null;
    const file = await this.#file(record.precision);
    return file && { file: new File([file], record.fileName), record };
  }

  /** Bytes of weights on the disk. */
  async size(): Promise<number> {
    const files = await Promise.all([this.#file('original'), this.#file('F16')]);
    return files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
  }

  /** Deletes the weights in one precision, if they are there. */
  async drop(precision: StoredPrecision): Promise<void> {
    await absent(patiently(() => this.folder.removeEntry(DATA[precision])));
  }

  /** Deletes whatever weights there are. */
  async empty(): Promise<void> {
    await Promise.all([this.drop('original'), this.drop('F16')]);
  }

  async remove(): Promise<void> {
    const parent = await root();
    await absent(patiently(() => parent.removeEntry(this.folder.name, { recursive: true })));
  }

  async #file(precision: StoredPrecision): Promise<File | null> {
    const handle = await absent(this.folder.getFileHandle(DATA[precision]));
    return (await handle?.getFile()) ?? null;
  }
}

/** Ids of all places. */
export async function placeIds(): Promise<string[]> {
  const ids: string[] = [];
  for await (const name of (await root()).keys()) ids.push(decodeURIComponent(name));
  return ids.sort();
}

/**
 * Does `work` while no other tab, nor anyone here, is at the place. `onWait` is called if somebody is, and it is waited for.
 * @throws UserError where the browser has no such files
 */
export async function exclusively<Result>(
  id: string,
  { onWait, signal }: { onWait?: (() => void) | undefined; signal?: AbortSignal | undefined },
  work: () => Promise<Result>,
): Promise<Result> {
  await requireStorage();
  signal?.throwIfAborted();
  const tried = await navigator.locks.request(lockOf(id), { ifAvailable: true }, async (lock) =>
    lock ? { result: await work() } : null,
  );
  if (tried) return tried.result;
  onWait?.();
  return navigator.locks.request(lockOf(id), signal ? { signal } : {}, work);
}

/** As `exclusively`, but not at all while somebody is at the place: then false. */
export function ifFree(id: string, work: () => Promise<void>): Promise<boolean> {
  return navigator.locks.request(lockOf(id), { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}

/** Whether this browser keeps files for this page: not in some private windows, and only on a secure page. */
export async function hasStorage(): Promise<boolean> {
  if (!('locks' in navigator && 'storage' in navigator)) return false;
  return root().then(
    () => true,
    () => false,
  );
}

async function requireStorage(): Promise<void> {
  if (await hasStorage()) return;
  throw new UserError(
    'This browser does not allow this page to store files, so nothing can be downloaded. Leave private browsing, or download the ' +
      'file yourself and drop it here.',
  );
}

const root = async () => (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });

async function open(file: FileSystemFileHandle): Promise<SyncAccessHandle> {
  const handle = await patiently(() => openSyncAccess(file));
  if (handle) return handle;
  throw new UserError(
    'This browser cannot store large files for a page. Update it, use another browser, or drop the file here instead.',
  );
}

/** Milliseconds in which a browser closes the files of a worker that has ended. */
const CLOSING = 3000;

/** Tries again while the file is still open. The place's lock is held, so only an ended worker can have it open. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  const end = performance.now() + CLOSING;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isOpen = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!isOpen || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Null for what is not there. */
async function absent<Found>(found: Promise<Found>): Promise<Found | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return null;
    throw error;
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
