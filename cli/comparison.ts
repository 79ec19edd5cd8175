/** The page's comparison table as text. */
import { columnsOf } from '../app/steps/compare/run-table';
import type { RunRecord } from './messages';

export function comparison(runs: readonly RunRecord[]): string {
  const columns = columnsOf(runs);
  const rows = [
    ['Run', ...columns.map(({ title }) => title)],
    ...runs.map((run) => [
      run.status === 'finished' ? run.name : `${run.name} (${run.status})`,
      ...columns.map(({ show }) => show(run)),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const right = [false, ...columns.map(({ right }) => right)];
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  '),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
