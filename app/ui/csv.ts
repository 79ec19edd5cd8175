/** Writes comma-separated values that spreadsheets open without changing them. */

export type Cell = string | number;

/**
 * One cell, quoted if necessary (RFC 4180). Text that a spreadsheet would interpret as a formula gets a leading apostrophe;
 * numbers stay numbers.
 */
function cellText(cell: Cell): string {
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csv = (rows: readonly (readonly Cell[])[]) =>
  `${rows.map((row) => row.map(cellText).join(',')).join('\r\n')}\r\n`;
