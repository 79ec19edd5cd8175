/**
 * Applies corrections of labels to the images of a data set before anything is computed from the labels, so that near-duplicates,
 * split and hash are those of files with these labels. An image keeps its path.
 */
import type { Correction } from '../core/dataset';
import { naturalOrder } from './natural-order';

interface Labelled {
  path: string;
  className: string;
}

export interface Corrected<I> {
  images: I[];
  /** Sorted. */
  classes: string[];
  /** The images that a correction removes. */
  removed: I[];
  /** One sentence for each correction that does not apply. */
  notices: string[];
}

/** @param classes those of the files, sorted */
export function corrected<I extends Labelled>(
  images: readonly I[],
  classes: readonly string[],
  corrections: readonly Correction[] = [],
): Corrected<I> {
  if (corrections.length === 0)
    return { images: [...images], classes: [...classes], removed: [], notices: [] };
  const known = new Set(classes);
  const classOf = new Map(corrections.map(({ path, className }) => [path, className]));
  const paths = new Set(images.map(({ path }) => path));
  const foreign = corrections.filter(
    ({ path, className }) => !paths.has(path) || (className !== null && !known.has(className)),
  );
  for (const { path } of foreign) classOf.delete(path);
  const kept = images.filter(({ path }) => classOf.get(path) !== null);
  // In place: a copy would keep the pixels in memory.
  for (const image of kept) image.className = classOf.get(image.path) ?? image.className;
  return {
    images: kept,
    classes: [...new Set(kept.map(({ className }) => className))].sort(naturalOrder),
    removed: images.filter(({ path }) => classOf.get(path) === null),
    notices: foreign.map(notApplied),
  };
}

const notApplied = ({ path, className }: Correction) =>
  `A correction does not apply to these images: ${className === null ? `remove “${path}”` : `“${path}” is “${className}”`}.`;
