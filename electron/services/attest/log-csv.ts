import Papa from 'papaparse';

/** A list to be written out: every row has a value for every column, undefined where there is none. */
export interface LogTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | undefined)[])[];
}

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * The audit log as CSV (RFC 4180: lines end in CR LF, quotes are doubled), in UTF-8 with a byte order mark, without which spreadsheets
 * misread accents.
 * Text that would run as a formula gets an apostrophe in front; numbers stay as they are.
 */
export function logCsv({ columns, rows }: LogTable): string {
  const csv = Papa.unparse(
    { fields: [...columns], data: rows.map((row) => row.map((cell) => cell ?? '')) },
    { newline: '\r\n', escapeFormulae: FORMULA },
  );
  return `\ufeff${csv}\r\n`;
}
