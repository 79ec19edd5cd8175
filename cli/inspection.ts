/** What `--inspect` prints of a data set: its classes, its split, and every file that is left out or contradicts another. */
import { count } from '../app/ui/format';
import type { DataSummary } from './messages';

export function inspection({ classes, split, testSplit, leftOut, duplicates }: DataSummary): string {
  const rows = classes.map(({ name, train, val, test }) => [name, ...[train, val, test].map(count)]);
  return [
    table([['Class', 'Training', 'Validation', 'Test'], ...rows]),
    splitSentence(split, testSplit),
    list(
      'Left out:',
      leftOut.map(({ path, reason }) => `${path}: ${reason}`),
    ),
    list(
      'Conflicting labels:',
      duplicates.conflicts.map((paths) => paths.join(', ')),
    ),
  ]
    .filter(Boolean)
    .join('\n');
}

function splitSentence(split: DataSummary['split'], testSplit: DataSummary['testSplit']): string {
  if (split === 'given') return 'Split: by the folders of the set.';
  return testSplit === 'given'
    ? 'Split: training and validation images drawn by the seed, test images by the folders of the set.'
    : 'Split: drawn by the seed.';
}

/** Text is left-aligned, numbers are right-aligned. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}

function list(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines.map((line) => `  ${line}`)].join('\n');
}
