/** Column definitions that the page's tables and the CSV share. */
import type { Cell } from './csv';

export interface Column<Row> {
  title: string;
  /** Right-aligned, for numbers. */
  right?: boolean;
  /** The text on the page. */
  show: (row: Row) => string;
  /** The CSV fields, by name. */
  file: Readonly<Record<string, (row: Row) => Cell>>;
}

/** A header row, and one row of raw values for each item. */
export function fileRows<Row>(columns: readonly Pick<Column<Row>, 'file'>[], rows: readonly Row[]): Cell[][] {
  const fields = columns.flatMap(({ file }) => Object.entries(file));
  return [fields.map(([name]) => name), ...rows.map((row) => fields.map(([, value]) => value(row)))];
}
