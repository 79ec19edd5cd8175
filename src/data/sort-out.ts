/** Sorts the files of a set by their first bytes: images, the set's description, archives, and others. */

import { concurrently } from '../concurrently';
import type { LeftOut, NamedFile } from '../core/dataset';
import { archiveReason } from './archives';
import { headOf, imageFormat } from './formats';
import { METADATA_FILE } from './metadata';
import { segmentsOf } from './paths';
import { kindOf } from './unpack';

/** Number of files read at a time. */
const HEADS_AT_ONCE = 16;

export interface SortedOut {
  images: NamedFile[];
  metadata: NamedFile[];
  /** The other files. */
  others: NamedFile[];
  /** The other files with reasons, archives first: if there are no images, they are the likely cause. */
  leftOut: LeftOut[];
}

export async function sortOut(
  files: readonly NamedFile[],
  signal: AbortSignal | undefined,
): Promise<SortedOut> {
  const reasons = await concurrently(files, HEADS_AT_ONCE, notAnImage, { signal });
  const sorted: SortedOut = { images: [], metadata: [], others: [], leftOut: [] };
  const archives: LeftOut[] = [];
  files.forEach((named, i) => {
    const found = reasons[i] ?? null;
    if (found === null) sorted.images.push(named);
    else if (segmentsOf(named.path).at(-1) === METADATA_FILE) sorted.metadata.push(named);
    else {
      sorted.others.push(named);
      (found.isArchive ? archives : sorted.leftOut).push({ path: named.path, reason: found.reason });
    }
  });
  return { ...sorted, leftOut: [...archives, ...sorted.leftOut] };
}

/** The reason why the file is not an image; null if it is one, by its first bytes. */
async function notAnImage({ path, file }: NamedFile): Promise<{ reason: string; isArchive?: true } | null> {
  if (file.size === 0) return { reason: 'Empty: the file has 0 bytes.' };
  const head = await headOf(file);
  if (!head)
    return { reason: 'Could not be read from the disk. Was it moved or changed after it was dropped?' };
  if (imageFormat(head)) return null;
  const kind = await kindOf(file);
  if (kind) return { reason: archiveReason(kind, path), isArchive: true };
  const ending = /\.(jpe?g|png|gif|webp|avif|bmp|heic|tiff?)$/i.exec(path)?.[0];
  return {
    reason: ending ? `Not an image, although its name ends in ${ending}.` : 'Not an image.',
  };
}
