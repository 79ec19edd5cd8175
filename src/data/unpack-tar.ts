/** Unpacks a tar, possibly compressed with gzip, to named files. It is read once as a stream, with the same limits as zips. */
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar';
import type { LeftOut, NamedFile } from '../core/dataset';
import { UserError } from '../core/user-error';
import { MAX_ENTRIES } from '../files/zip-entries';
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

/**
 * @param archive as it was dropped
 * @param tar the stream of the tar in it
 * @throws UserError for an archive that is damaged or past a limit; an aborted signal's reason
 */
export async function unpackTar(
  archive: Blob,
  tar: ReadableStream<Uint8Array>,
  { name, onProgress, signal }: UnpackOptions,
): Promise<Unpacked> {
  const folder = withoutArchiveEnding(name);
  const files = new Map<string, Blob>();
  const leftOut: LeftOut[] = [];
  let bytes = 0;
  let count = 0;
  const label = 'Unpacking';
  // The decoder's streams report that there was an error, but not always which one.
  let pastLimit: UserError | null = null;
  const read = counted(tar, (unpacked) => {
    if (unpacked <= RATIO_FREE_BYTES || unpacked <= MAX_RATIO * archive.size) return;
    pastLimit = bomb(`“${name}”`);
    throw pastLimit;
  });
  try {
    // Without `strict`, a damaged header and its file are skipped silently.
    const entries = read.pipeThrough(createTarDecoder({ strict: true }));
    for await (const { header, body } of iterate(entries, signal)) {
      if (++count > MAX_ENTRIES)
        throw new UserError(
          `“${name}” has more than ${MAX_ENTRIES.toLocaleString('en')} entries, the most this page unpacks. Drop a smaller set.`,
        );
      const { type = 'file', size, linkname = '' } = header;
      const path = slashed(header.name);
      const leave = (reason: string) => leftOut.push({ path: `${folder}/${path}`, reason });
      if (type === 'file') {
        bytes += size;
        if (bytes > MAX_UNPACKED_BYTES) throw tooMuch(name, bytes);
      }
      if (type === 'file' && !leadsOutside(header.name)) {
        files.set(path, await wholeBody(body, size, name));
        onProgress?.({ label, done: files.size, total: 0 });
        continue;
      }
      await body.cancel();
      if (type === 'directory' || type.startsWith('pax')) continue;
      if (leadsOutside(header.name)) leave(OUTSIDE);
      else if (type === 'link') {
        // A hard link: a second name of an earlier file.
        const same = files.get(slashed(linkname));
        if (same) files.set(path, same);
        else leave('A link to a file that is not in the archive.');
      } else if (type === 'symlink') leave('A symbolic link inside the archive. Pack the file itself.');
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw pastLimit ?? (error instanceof UserError ? error : cutOff(name));
  }
  const all: NamedFile[] = [...files].map(([path, file]) => ({ path, file }));
  const meant = withoutClutter(all, ({ path }) => path, { areChosen: false });
  const unclear = meant.find(({ path }) => path.includes('\ufffd'));
  return {
    files: meant.map(({ path, file }) => ({ path: `${folder}/${path}`, file })),
    leftOut,
    notices: unclear
      ? [
          `File names in “${name}” are not in UTF-8, for example “${unclear.path}”. Characters that could not be read are shown as �. To keep the names, pack the folder again as a zip.`,
        ]
      : [],
  };
}

/** Yields the entries. Leaving the loop early cancels the stream. */
async function* iterate(
  entries: ReadableStream<ParsedTarEntry>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ParsedTarEntry> {
  const reader = entries.getReader();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { value } = await reader.read();
      if (!value) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function wholeBody(body: ReadableStream<Uint8Array>, size: number, name: string): Promise<Blob> {
  const content = await new Response(body).blob();
  if (content.size !== size) throw cutOff(name);
  return content;
}

/** The same stream; `check` is called with the number of bytes so far and may throw. */
function counted(
  stream: ReadableStream<Uint8Array>,
  check: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  let bytes = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.length;
        check(bytes);
        controller.enqueue(chunk);
      },
    }),
  );
}

function cutOff(name: string): UserError {
  return new UserError(
    `“${name}” is damaged or cut off, or compressed with an unsupported method. Download it again, or unpack it yourself and drop the folder.`,
  );
}
