/** What the files of a set are, by their first bytes: pictures, the set's own description, or neither. */

import { concurrently } from '../concurrently';
import type { LeftOut, NamedFile } from '../worker/protocol';
import { headOf, imageFormat, isZip } from './formats';
import { METADATA_FILE } from './metadata';
import { segmentsOf } from './paths';

/** Files looked at side by side. */
const HEADS_AT_ONCE = 16;

export interface SortedOut {
  images: NamedFile[];
  metadata: NamedFile[];
  leftOut: LeftOut[];
}

export async function sortOut(
  files: readonly NamedFile[],
  signal: AbortSignal | undefined,
): Promise<SortedOut> {
  const reasons = await concurrently(files, HEADS_AT_ONCE, notAnImage, { signal });
  const sorted: SortedOut = { images: [], metadata: [], leftOut: [] };
  files.forEach((named, i) => {
    const reason = reasons[i] ?? null;
    if (reason === null) sorted.images.push(named);
    else if (segmentsOf(named.path).at(-1) === METADATA_FILE) sorted.metadata.push(named);
    else sorted.leftOut.push({ path: named.path, reason });
  });
  return sorted;
}

/** Why the file is no picture, or null if it is one by its first bytes. */
async function notAnImage({ path, file }: NamedFile): Promise<string | null> {
  if (file.size === 0) return 'Empty: the file has 0 bytes.';
  const head = await headOf(file);
  if (!head) return 'Could not be read from the disk. Was it moved or changed after it was dropped?';
  if (imageFormat(head)) return null;
  if (isZip(head)) return 'A packed file inside the set. Unpack it first.';
  const ending = /\.(jpe?g|png|gif|webp|avif|bmp|heic|tiff?)$/i.exec(path)?.[0];
  return ending
    ? `Not a picture: it is called ${ending}, but its content is something else.`
    : 'Not a picture.';
}
