import Papa from 'papaparse';

/** A list to be written out: every row has a value for every column, undefined where there is none. */
export interface LogTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | undefined)[])[];
}

/** What a spreadsheet would take for a formula: a sign of one, also as full width, behind blanks and characters that nobody sees. */
const FORMULA = /^[\s\u0000-\u001f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n\0]/;
/** What some spreadsheets take for the end of a cell; within quotation marks it is none. */
const SEPARATOR = /[;\t|]/;

/**
 * The audit log as CSV (RFC 4180: lines end in CR LF, quotes are doubled), in UTF-8 with a byte order mark, without which spreadsheets
 * misread accents.
 * Text that would run as a formula gets an apostrophe in front; numbers stay as they are.
 */
export function logCsv({ columns, rows }: LogTable): string {
  const csv = Papa.unparse(
    { fields: [...columns], data: rows.map((row) => row.map((cell) => cell ?? '')) },
    { newline: '\r\n', escapeFormulae: FORMULA, quotes: (value: unknown) => typeof value === 'string' && SEPARATOR.test(value) },
  );
  return `\ufeff${csv}\r\n`;
}
