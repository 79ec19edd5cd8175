/** Unpacks zips and tars to named files. */
import type { Unpacked, UnpackOptions } from './archive-limits';
import { ARCHIVE_HEAD_BYTES, type ArchiveKind, archiveKind } from './archives';
import { unpackTar } from './unpack-tar';
import { unpackZip } from './unpack-zip';

/**
 * @throws UserError for an archive that is encrypted, damaged or past a limit
 * @throws AmbiguousData if the encoding of a zip's file names cannot be determined
 * @throws the signal's reason when aborted
 */
export async function unpack(archive: Blob, options: UnpackOptions): Promise<Unpacked> {
  const kind = await kindOf(archive);
  if (kind === 'tar') return unpackTar(archive, archive.stream(), options);
  if (kind === 'gzip')
    return unpackTar(archive, archive.stream().pipeThrough(new DecompressionStream('gzip')), options);
  return unpackZip(archive, options);
}

/** Whether `unpack` supports this archive. A gzip file is supported if it contains a tar. */
export async function canUnpack(file: Blob): Promise<boolean> {
  const kind = await kindOf(file);
  if (kind !== 'gzip') return kind === 'zip' || kind === 'tar';
  const inside = await startOf(file.stream().pipeThrough(new DecompressionStream('gzip')));
  return inside !== null && archiveKind(inside) === 'tar';
}

/** Null if the file is not an archive or can no longer be read. */
export async function kindOf(file: Blob): Promise<ArchiveKind | null> {
  try {
    return archiveKind(new Uint8Array(await file.slice(0, ARCHIVE_HEAD_BYTES).arrayBuffer()));
  } catch {
    return null;
  }
}

/** The first bytes of a stream; null if it is shorter or cannot be read. */
async function startOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array | null> {
  const reader = stream.getReader();
  const start = new Uint8Array(ARCHIVE_HEAD_BYTES);
  let length = 0;
  try {
    while (length < start.length) {
      const { value } = await reader.read();
      if (!value) return null;
      start.set(value.subarray(0, start.length - length), length);
      length += Math.min(value.length, start.length - length);
    }
    return start;
  } catch {
    return null;
  } finally {
    await reader.cancel().catch(() => {});
  }
}
