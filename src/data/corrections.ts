/**
 * Applies corrections of labels to the files of a data set before anything is computed from the labels, so that near-duplicates,
 * split and hash are those of files with these labels. An image keeps its path.
 */
import type { Correction } from '../worker/protocol';
import type { Arrangement } from './classes';
import { naturalOrder } from './natural-order';

export function corrected(plan: Arrangement, corrections: readonly Correction[] = []): Arrangement {
  if (corrections.length === 0) return plan;
  const known = new Set(plan.classes);
  const classOf = new Map(corrections.map(({ path, className }) => [path, className]));
  const paths = new Set(plan.files.map(({ path }) => path));
  const foreign = corrections.filter(
    ({ path, className }) => !paths.has(path) || (className !== null && !known.has(className)),
  );
  for (const { path } of foreign) classOf.delete(path);
  const files = plan.files.flatMap((file) => {
    const className = classOf.get(file.path);
    if (className === null) return [];
    return className === undefined ? [file] : [{ ...file, className }];
  });
  const removed = plan.files
    .filter(({ path }) => classOf.get(path) === null)
    .map(({ source }) => ({ path: source.path, reason: 'Removed in a correction.' }));
  return {
    ...plan,
    files,
    classes: [...new Set(files.map(({ className }) => className))].sort(naturalOrder),
    leftOut: [...plan.leftOut, ...removed],
    notices: [...plan.notices, ...foreign.map(notApplied)],
  };
}

const notApplied = ({ path, className }: Correction) =>
  `A correction does not apply to these images: ${className === null ? `remove “${path}”` : `“${path}” is “${className}”`}.`;
