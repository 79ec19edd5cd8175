/**
 * A zip to named files. A zip can lie about itself, so its claims are checked before anything is unpacked, and
 * again while it is: nothing is unpacked past the size its directory states.
 */
import { ERR_INVALID_UNCOMPRESSED_SIZE, type FileEntry, Uint8ArrayWriter } from '@zip.js/zip.js';
import { concurrently } from '../concurrently';
import { openZip } from '../files/open-zip';
import { listEntries } from '../files/zip-entries';
import { UserError } from '../user-error';
import type { LeftOut, NamedFile, Progress } from '../worker/protocol';
import { isClutter } from './paths';

/** Unpacked bytes of all entries together. */
export const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;
/** Unpacked size over packed size of one entry; pictures stay far below. */
export const MAX_RATIO = 200;
/** Entries up to this size may have any ratio. */
const RATIO_FREE_BYTES = 2 ** 20;
/** A zip up to this size is read into memory at once: its entries then come several times faster. */
const IN_MEMORY_BYTES = 64 * 2 ** 20;
const INFLATED_AT_ONCE = 8;

export interface Unpacked {
  files: NamedFile[];
  leftOut: LeftOut[];
}

export interface UnpackOptions {
  /** The zip's path for the person, and (without `.zip`) the folder its content appears in. */
  name: string;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** @throws UserError for a zip that is encrypted, damaged or past a limit; an aborted signal's reason */
export async function unpack(zip: Blob, options: UnpackOptions): Promise<Unpacked> {
  const reader = await openZip(zip, {
    inMemoryUpTo: IN_MEMORY_BYTES,
    // Browsers inflate natively.
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
  const leftOut: LeftOut[] = [];
  const safe = entries.filter(({ filename }) => {
    if (leadsOutside(filename)) {
      leftOut.push({ path: `${folder}/${filename}`, reason: 'Its path leads outside the zip.' });
    }
    return !leadsOutside(filename) && !isClutter(filename);
  });
  const total = safe.length;
  const inflated = await concurrently(safe, INFLATED_AT_ONCE, (entry) => inflate(entry, name, signal), {
    signal,
    onDone: (done) => onProgress?.({ label: 'Unpacking', done, total }),
  });
  const files: NamedFile[] = [];
  safe.forEach(({ filename }, i) => {
    const path = `${folder}/${slashed(filename)}`;
    const file = inflated[i];
    if (file) files.push({ path, file });
    else
      leftOut.push({ path, reason: 'Damaged inside the zip, or packed in a way this page cannot unpack.' });
  });
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
    return new Blob([await entry.getData(new Uint8ArrayWriter(), signal ? { signal } : {})]);
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
