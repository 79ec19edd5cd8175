/** Unpacks a zip to named files. No entry is unpacked beyond the size that the zip's directory states. */
import { ERR_INVALID_UNCOMPRESSED_SIZE, type FileEntry, Uint8ArrayWriter } from '@zip.js/zip.js';
import { concurrently } from '../concurrently';
import type { LeftOut, NamedFile } from '../core/dataset';
import { UserError } from '../core/user-error';
import { openZip } from '../files/open-zip';
import { listEntries } from '../files/zip-entries';
import {
  bomb,
  leadsOutside,
  MAX_RATIO,
  MAX_UNPACKED_BYTES,
  OUTSIDE,
  RATIO_FREE_BYTES,
  slashed,
  tooMuch,
  type Unpacked,
  type UnpackOptions,
} from './archive-limits';
import { withoutArchiveEnding } from './archives';
import { withoutClutter } from './paths';
import { type NamedEntry, namedEntries } from './zip-names';

/** Zips up to this size are read into memory first, which makes unpacking several times faster. */
const IN_MEMORY_BYTES = 64 * 2 ** 20;
const INFLATED_AT_ONCE = 8;

/**
 * @throws UserError for a zip that is encrypted, damaged or past a limit
 * @throws AmbiguousData if the encoding of its file names cannot be determined
 * @throws the signal's reason when aborted
 */
export async function unpackZip(zip: Blob, options: UnpackOptions): Promise<Unpacked> {
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
    const { named, notices } = await namedEntries(entries, options.name, options.nameEncoding);
    return { ...(await unpackEntries(named, options)), notices };
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
  if (total > MAX_UNPACKED_BYTES) throw tooMuch(name, total);
  const suspect = entries.find(
    (entry) =>
      entry.uncompressedSize > RATIO_FREE_BYTES && entry.uncompressedSize > MAX_RATIO * entry.compressedSize,
  );
  if (suspect) throw bomb(`“${suspect.filename}” in “${name}”`);
}

async function unpackEntries(
  entries: readonly NamedEntry[],
  options: UnpackOptions,
): Promise<Pick<Unpacked, 'files' | 'leftOut'>> {
  const { name, onProgress, signal } = options;
  const folder = withoutArchiveEnding(name);
  const outside = entries.filter((entry) => leadsOutside(entry.name));
  const leftOut: LeftOut[] = outside.map((entry) => ({ path: `${folder}/${entry.name}`, reason: OUTSIDE }));
  const inside = entries
    .filter((entry) => !leadsOutside(entry.name))
    .map((entry) => ({ ...entry, name: slashed(entry.name) }));
  const meant = withoutClutter(inside, (entry) => entry.name, { areChosen: false });
  const total = meant.length;
  const inflated = await concurrently(meant, INFLATED_AT_ONCE, ({ entry }) => inflate(entry, name, signal), {
    signal,
    onDone: (done) => onProgress?.({ label: 'Unpacking', done, total }),
  });
  const files: NamedFile[] = [];
  meant.forEach((entry, i) => {
    const path = `${folder}/${entry.name}`;
    const file = inflated[i];
    if (file) files.push({ path, file });
    else leftOut.push({ path, reason: 'Damaged inside the zip, or compressed with an unsupported method.' });
  });
  return { files, leftOut };
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
    `“${entry.filename}” in “${name}” does not unpack to the ${stated} bytes the zip states: the zip is damaged, or a zip bomb. Download it again; if you trust it, unpack it yourself and drop the folder.`,
  );
}
