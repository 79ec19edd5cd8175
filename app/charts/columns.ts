/** The columns of a chart's table, once: for the page and for the CSV. */
import type { Cell } from '../ui/csv';

export interface Column<Row> {
  title: string;
  /** As read on the page. */
  show: (row: Row) => string;
  /** As written to the CSV, under these names. */
  file: Readonly<Record<string, (row: Row) => Cell>>;
}

/** Every row with its raw numbers, under a row of names. */
export function fileRows<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Cell[][] {
  const fields = columns.flatMap(({ file }) => Object.entries(file));
  return [fields.map(([name]) => name), ...rows.map((row) => fields.map(([, value]) => value(row)))];
}
