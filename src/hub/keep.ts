/** Stores a person's own weight file beside the downloaded ones. */

import type { DownloadProgress } from '../core/progress';
import { UserError } from '../core/user-error';
import { chunks } from '../files/chunks';
import { isNoRoom } from '../files/no-room';
import { writeAll } from '../files/sync-access';
import { Mismatch, settle } from './check';
import { exclusively, Place } from './place';
import { Reporter } from './progress';
import { noRoom, requireRoom } from './room';
import type { Statement } from './sources';

export interface KeepOptions {
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Copies a file into storage in chunks and replaces the file stored under the same id. If a size or hash is stated, the file must
 * match it.
 * @throws UserError if the file does not match, cannot be read, or does not fit on the disk
 */
export function keep(
  file: File,
  source: { id: string; label: string } & Statement,
  { onProgress = () => {}, signal }: KeepOptions = {},
): Promise<void> {
  const { id, label } = source;
  const reporter = new Reporter(onProgress);
  const onWait = () => reporter.report('waiting', 0, file.size);
  return exclusively(id, { onWait, signal }, async () => {
    await (await Place.find(id))?.remove();
    await requireRoom(label, file.size);
    const place = await Place.make(id);
    try {
      await place.use('original', async (handle) => {
        let at = 0;
        for await (const chunk of chunks(file.stream())) {
          signal?.throwIfAborted();
          writeAll(handle, chunk, at);
          at += chunk.length;
          reporter.report('copying', at, file.size);
        }
        handle.flush();
      });
      const onProgress = (hashed: number) => reporter.report('checking', hashed, file.size);
      const stated = { bytes: source.bytes ?? file.size, sha256: source.sha256 };
      await settle(place, stated, { label, fileName: file.name, url: null }, { onProgress, signal });
    } catch (error) {
      await place.remove();
      throw await explained(error, file, label);
    }
  });
}

async function explained(error: unknown, file: File, label: string): Promise<unknown> {
  if (isNoRoom(error)) return noRoom(label, file.size);
  if (error instanceof Mismatch) {
    return new UserError(
      `“${file.name}” is not the file “${label}”: ${error.message}. It was not stored. Download it again from its source.`,
    );
  }
  if (error instanceof DOMException && ['NotReadableError', 'NotFoundError'].includes(error.name)) {
    return new UserError(
      `“${file.name}” could not be read. It may have been moved or changed. Choose it again.`,
    );
  }
  return error;
}
