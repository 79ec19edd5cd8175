/** The columns of a table, once: for the page and for the CSV. */
import type { Cell } from './csv';

export interface Column<Row> {
  title: string;
  /** Numbers stand right. */
  right?: boolean;
  /** As read on the page. */
  show: (row: Row) => string;
  /** As written to the CSV, under these names. */
  file: Readonly<Record<string, (row: Row) => Cell>>;
}

/** Every row with its raw numbers, under a row of names. */
export function fileRows<Row>(columns: readonly Pick<Column<Row>, 'file'>[], rows: readonly Row[]): Cell[][] {
  const fields = columns.flatMap(({ file }) => Object.entries(file));
  return [fields.map(([name]) => name), ...rows.map((row) => fields.map(([, value]) => value(row)))];
}
