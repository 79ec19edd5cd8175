/** Comma-separated values that a spreadsheet opens as they were written. */

export type Cell = string | number;

/**
 * One cell, quoted where it must be (RFC 4180). Text that a spreadsheet would read as a formula is led by an
 * apostrophe; numbers are ours and stay numbers.
 */
function cellText(cell: Cell): string {
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csv = (rows: readonly (readonly Cell[])[]) =>
  `${rows.map((row) => row.map(cellText).join(',')).join('\r\n')}\r\n`;
