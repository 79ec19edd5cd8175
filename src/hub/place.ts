/**
 * The storage of one backbone: a folder in the origin-private file system with the bytes of the weights and a record that describes
 * them. All tabs share one copy; changing a place requires its lock. The record is validated when it is read, because an older
 * version of this code may have written it.
 */

import type { StoredPrecision } from '../core/backbone';
import { UserError } from '../core/user-error';
import { openSyncAccess, type SyncAccessHandle } from '../files/sync-access';
import { jsonOf } from '../json';
import { z } from '../schema';

const ROOT = 'backbones';
const RECORD = 'record.json';
const nameOf = (id: string) => encodeURIComponent(id);
const lockOf = (id: string) => `atomtune backbone ${id}`;

const bytes = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const common = z.object({
  label: z.string(),
  fileName: z.string(),
  /** The URL of the download; null for the person's own file. */
  url: z.string().nullable(),
  /** Milliseconds since 1970. */
  savedAt: z.number(),
});

const recordSchema = z.discriminatedUnion('kind', [
  common.extend({
    kind: z.literal('partial'),
    /** Size of the whole file if known, and the server's ETag, which identifies this version of the file. */
    bytes: bytes.nullable(),
    sha256: sha256.nullable(),
    etag: z.string().nullable(),
  }),
  common.extend({
    kind: z.literal('whole'),
    /** Size of the stored file. */
    bytes,
    /** SHA-256 of the published file, also if the stored precision differs. */
    sha256,
    /** True if the SHA-256 matches one that the hub or the table of sources states. */
    verified: z.boolean(),
    precision: z.enum(['original', 'F16']),
  }),
]);

export type PlaceRecord = z.infer<typeof recordSchema>;
export type PartialRecord = Extract<PlaceRecord, { kind: 'partial' }>;
export type WholeRecord = Extract<PlaceRecord, { kind: 'whole' }>;
export interface StoredFile {
  /** Read from the disk on demand. */
  file: File;
  record: WholeRecord;
}

/** Names of the weight files. Rounded weights use a second file, so that the original stays whole until rounding has finished. */
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

  /** Opens the place, and creates it if it does not exist. */
  static async make(id: string): Promise<Place> {
    return new Place(id, await (await root()).getDirectoryHandle(nameOf(id), { create: true }));
  }

  /** Null if there is no valid record, or the weight file does not match it. */
  async record(): Promise<PlaceRecord | null> {
    const file = await absent(this.folder.getFileHandle(RECORD));
    const parsed = recordSchema.safeParse(await (await file?.getFile())?.text().then(jsonOf));
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

  /** Opens the weight file for `use`, and closes it afterwards. */
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

  /** The stored file; null while it is not whole. */
  async whole(): Promise<StoredFile | null> {
    const record = await this.record();
    if (record?.kind !== 'whole') return null;
    const file = await this.#file(record.precision);
    return file && { file: new File([file], record.fileName), record };
  }

  /** Size of the weights on the disk, bytes. */
  async size(): Promise<number> {
    const files = await Promise.all([this.#file('original'), this.#file('F16')]);
    return files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
  }

  /** Deletes the weights in one precision, if they exist. */
  async drop(precision: StoredPrecision): Promise<void> {
    await absent(patiently(() => this.folder.removeEntry(DATA[precision])));
  }

  /** Deletes all weights. */
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
 * Runs `work` with the exclusive lock on the place, across all tabs. If the lock is held, calls `onWait` and waits.
 * @throws UserError if the browser does not support private files
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

/** As `exclusively`, but returns false without running `work` if the lock is held. */
export function ifFree(id: string, work: () => Promise<void>): Promise<boolean> {
  return navigator.locks.request(lockOf(id), { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}

/** Whether this browser supports private files here. Some private windows and all insecure pages do not. */
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

/** Maximum time until a browser closes the files of an ended worker, milliseconds. */
const CLOSING = 3000;

/** Retries while the file is still open. The place's lock is held, so only an ended worker can have it open. */
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

/** The result of a lookup; null if the entry does not exist. */
async function absent<Found>(found: Promise<Found>): Promise<Found | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return null;
    throw error;
  }
}
