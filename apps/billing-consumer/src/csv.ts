/** RFC 4180 with CRLF. A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers are our own and stay numbers. */
export type Cell = string | number | null;

/** Full-width signs count too: Japanese editions of spreadsheets take them for the others. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

function written(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `bom` makes spreadsheets read it as UTF-8. */
export const csv = (heading: readonly string[], rows: readonly (readonly Cell[])[], { bom = false }: { readonly bom?: boolean } = {}): string =>
  `${bom ? '\uFEFF' : ''}${[heading, ...rows].map((row) => `${row.map(written).join(',')}\r\n`).join('')}`;
