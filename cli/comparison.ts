/** What the page's Compare step says, as text: the answer, and the table of runs. */

import { columnsOf, rowsOf } from '../app/steps/compare/run-table';
import { answer } from '../app/store/answer';
import { compare } from '../app/store/comparison';
import type { RunRecord } from './messages';

export function comparison(runs: readonly RunRecord[]): string {
  const compared = compare(runs);
  const columns = columnsOf(compared).filter(({ isUsual }) => isUsual);
  const stateOf = (each: readonly RunRecord[]) => {
    const unfinished = each.find(({ status }) => status !== 'finished');
    return unfinished ? ` (${unfinished.status})` : each.length > 1 ? ` (${each.length} runs)` : '';
  };
  const rows = [
    ['Setting', ...columns.map(({ title }) => title)],
    ...rowsOf(runs, compared).map((row) => [
      row.name + stateOf(row.runs),
      ...columns.map(({ show }) => show(row)),
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
  const table = [lines[0], rule, ...lines.slice(1)].join('\n');
  const words = answer(compared);
  return words ? `${words}\n\n${table}` : table;
}
