/**
 * A zip to named files. A zip can lie about itself, so its claims are checked before anything is unpacked, and
 * again while it is: nothing is unpacked past the size its directory states.
 */
import {
  BlobReader,
  BlobWriter,
  type Entry,
  ERR_INVALID_UNCOMPRESSED_SIZE,
  type FileEntry,
  ZipReader,
} from '@zip.js/zip.js';
import { UserError } from '../user-error';
import type { LeftOut, NamedFile, Progress } from '../worker/protocol';
import { isClutter } from './paths';

/** Unpacked bytes of all entries together. */
export const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;
export const MAX_ENTRIES = 100_000;
/** Unpacked size over packed size of one entry; pictures stay far below. */
export const MAX_RATIO = 200;
/** Entries up to this size may have any ratio. */
const RATIO_FREE_BYTES = 2 ** 20;

export interface Unpacked {
  files: NamedFile[];
  leftOut: LeftOut[];
}

export interface UnpackOptions {
  /** The zip's name for the person, and (without `.zip`) the folder its content appears in. */
  name: string;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** @throws UserError for a zip that is encrypted, damaged or past a limit; an aborted signal's reason */
export async function unpack(zip: Blob, options: UnpackOptions): Promise<Unpacked> {
  const reader = new ZipReader(new BlobReader(zip), {
    // This is a worker already, and browsers inflate natively.
    useWebWorkers: false,
    useCompressionStream: true,
    // Unsafe names are left out one by one instead of failing the whole zip.
    filenameValidation: 'tolerant',
    checkCrc32: true,
  });
  try {
    const entries = await listEntries(reader, options.name);
    checkLimits(entries, options.name);
    return await unpackEntries(entries, options);
  } finally {
    await reader.close();
  }
}

async function listEntries(reader: ZipReader<Blob>, name: string): Promise<FileEntry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) break;
    }
  } catch {
    throw new UserError(
      `“${name}” is damaged or cut off: its table of contents cannot be read. Fetch it again.`,
    );
  }
  if (entries.length > MAX_ENTRIES) {
    throw new UserError(
      `“${name}” has more than ${MAX_ENTRIES.toLocaleString('en')} entries, the most this page unpacks. Drop a smaller set.`,
    );
  }
  return entries.filter((entry): entry is FileEntry => !entry.directory);
}

function checkLimits(entries: readonly FileEntry[], name: string): void {
  const encrypted = entries.find((entry) => entry.encrypted);
  if (encrypted) {
    throw new UserError(`“${name}” is encrypted. Unpack it with its password and drop the folder instead.`);
  }
  const total = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
  if (total > MAX_UNPACKED_BYTES) {
    throw new UserError(
      `“${name}” would unpack to ${(total / 1024 ** 3).toFixed(1)} GB; the limit is 4 GB. If you trust it, unpack it yourself and drop the folder.`,
    );
  }
  const bomb = entries.find(
    (entry) =>
      entry.uncompressedSize > RATIO_FREE_BYTES && entry.uncompressedSize > MAX_RATIO * entry.compressedSize,
  );
  if (bomb) {
    throw new UserError(
      `“${bomb.filename}” in “${name}” is packed more than ${MAX_RATIO}:1, the limit, as in a zip bomb. If you trust it, unpack it yourself and drop the folder.`,
    );
  }
}

async function unpackEntries(entries: readonly FileEntry[], options: UnpackOptions): Promise<Unpacked> {
  const { name, onProgress, signal } = options;
  const folder = name.replace(/\.zip$/i, '');
  const files: NamedFile[] = [];
  const leftOut: LeftOut[] = [];
  let done = 0;
  for (const entry of entries) {
    signal?.throwIfAborted();
    const path = `${folder}/${slashed(entry.filename)}`;
    if (leadsOutside(entry.filename)) {
      leftOut.push({ path: `${folder}/${entry.filename}`, reason: 'Its path leads outside the zip.' });
    } else if (!isClutter(entry.filename)) {
      const file = await inflate(entry, name, signal);
      if (file) files.push({ path, file });
      else
        leftOut.push({ path, reason: 'Damaged inside the zip, or packed in a way this page cannot unpack.' });
    }
    onProgress?.({ label: 'Unpacking', done: ++done, total: entries.length });
  }
  return { files, leftOut };
}

/** Old Windows tools wrote `\` between folders. */
function slashed(path: string): string {
  return path.includes('/') ? path : path.replaceAll('\\', '/');
}

function leadsOutside(path: string): boolean {
  return /^([/\\]|[a-z]:[/\\])/i.test(path) || path.split(/[/\\]/).includes('..');
}

/** Null for an entry that cannot be unpacked. zip.js stops as soon as an entry exceeds its stated size. */
async function inflate(
  entry: FileEntry,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Blob | null> {
  try {
    return await entry.getData(new BlobWriter(), signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && error.message === ERR_INVALID_UNCOMPRESSED_SIZE)
      throw wrongSize(entry, name);
    return null;
  }
}

function wrongSize(entry: FileEntry, name: string): UserError {
  const stated = entry.uncompressedSize.toLocaleString('en');
  return new UserError(
    `“${entry.filename}” in “${name}” does not unpack to the ${stated} bytes the zip states: the zip is damaged, or a zip bomb. Fetch it again; if you trust it, unpack it yourself and drop the folder.`,
  );
}
