import Papa from 'papaparse';
import { EmendError } from '../../../shared/errors.ts';
import type { Neighbor } from '../../../shared/fact.ts';
import { given } from '../../../shared/given.ts';
import { ANSWERED, fieldOf, LISTS, NEEDED } from './field-names.ts';

/** A row of a table as an object with the names of a fact's fields. */
export interface TableRow {
  /** As a person counts, with the header: 2 for the first. */
  readonly number: number;
  readonly fields: Record<string, unknown>;
  /** Why it is no row of this table: then what stands in which column is not known. */
  readonly problem?: string;
}

export interface FactTable {
  readonly rows: readonly TableRow[];
  /** Whether these are all rows of the text. */
  readonly isWhole: boolean;
  readonly columns: readonly TableColumn[];
}

/** A column of a table, and the field of a fact that it is. */
export interface TableColumn {
  readonly name: string;
  readonly field?: string;
  /** What stands in it first. */
  readonly example: string;
}

/** What columns are said to be, by their names; '' leaves one out. */
export type ColumnNames = Readonly<Record<string, string>>;

/** Headings and cells may be of any length; an error shows their beginnings. */
const QUOTED = 80;
const HEADINGS = 12;

/** A quoted cell is no longer than this; one that is has no end. */
const LONGEST_CELL = 1 << 20;

/** How much of a table is read. */
export interface Extent {
  /** Rows to read at most. */
  readonly most?: number | undefined;
  /** Whether the text is the beginning of a longer one, ending wherever. */
  readonly isBeginning?: boolean | undefined;
}

/** What parts cells, where the first line does not say it. */
const DELIMITERS = [',', '\t', ';'];

/**
 * Reads a table of facts, separated by commas, semicolons or tabs (or by what a first line "sep=…" says), with a header. A cell of a list
 * may hold several entries separated by "|", and a list may have several columns (paraphrase 1, paraphrase 2). The answer of a neighbour,
 * or of another fact about the subject, follows "=>". A row has as many cells as the header: in one that has not, nobody knows which cell
 * is what.
 * @param named what columns are, whatever their names say
 * @throws EmendError 'bad-file' when quoting is broken, 'bad-input' when a column that a fact needs is missing (`details.columns` has those
 *   that are there) or there twice
 */
export function readTable(text: string, source: string, named: ColumnNames = {}, { most, isBeginning = false }: Extent = {}): FactTable {
  const said = /^"?sep=(.)"?(?:\r\n|\n|\r)/i.exec(text);
  const content = text.slice(said?.[0].length ?? 0, lineEndsBefore(text, isBeginning));
  const delimiter = said?.[1] ?? delimiterOf(content, named);
  const parsed = Papa.parse<string[]>(delimiter === '\t' ? quotedAsSpreadsheetsDo(content) : content, {
    delimiter: delimiter ?? '',
    delimitersToGuess: DELIMITERS,
    fastMode: false, // it would part the whole text into lines, however few are asked for
    preview: most === undefined ? 0 : most + 1, // with the header
  });
  const cut = isBeginning ? cutCell(parsed) : undefined;
  if (cut !== undefined) parsed.data.length = cut;
  const broken = parsed.errors.find((error) => error.type === 'Quotes' && error.row !== cut);
  if (broken)
    throw new EmendError(
      'bad-file',
      `${source}: row ${(broken.row ?? 0) + 1}: ${broken.message}.`,
      'Close every quotation mark, and write a quotation mark inside a cell twice.',
    );
  const first = said ? 2 : 1;
  const lines = parsed.data
    .map((cells, at) => ({ cells, number: at + first }))
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  const header = untilLastOf(lines[0]?.cells ?? []);
  const body = lines.slice(1);
  const fields = header.map((name) => (saidOf(name, named) === undefined ? fieldOf(name) : saidOf(name, named) || undefined));
  const columns = header.map((name, at): TableColumn => ({
    name,
    ...given({ field: fields[at] }),
    example: brief(body[0]?.cells[at] ?? ''),
  }));
  const missing = NEEDED.filter((field) => !fields.includes(field));
  if (missing.length > 0) {
    throw new EmendError(
      'bad-input',
      `${source}: no column for ${missing.join(', ')}; found ${header
        .slice(0, HEADINGS)
        .map((name) => JSON.stringify(brief(name)))
        .join(', ')}${header.length > HEADINGS ? ' …' : ''}.`,
      `Name the columns ${NEEDED.join(', ')}; previous_target, paraphrases and neighbors may follow.`,
      { missing, columns },
    );
  }
  const twice = fields.find((field, at) => field !== undefined && !LISTS.includes(field) && fields.indexOf(field) < at);
  if (twice !== undefined)
    throw new EmendError(
      'bad-input',
      `${source}: two columns mean ${twice}: ${header.filter((_, at) => fields[at] === twice).join(' and ')}.`,
      'Keep one of them.',
      { columns },
    );
  const separator = parsed.meta.delimiter;
  return {
    rows: body.map(({ cells, number }): TableRow => {
      const problem = unlikeHeader(cells, header.length);
      // What stands where is not known, so that the row is shown as it was written.
      return problem === undefined
        ? { number, fields: rowOf(cells, fields) }
        : { number, fields: { subject: cells.join(separator), prompt: '', target: '' }, problem };
    }),
    columns,
    isWhole: !isBeginning && !parsed.meta.truncated,
  };
}

/** Where the last line ends that has something in it; of a text that goes on, the last that has its end, or that never will. */
function lineEndsBefore(text: string, isBeginning: boolean): number {
  const last = text.lastIndexOf('\n');
  let end = isBeginning && text.length - last <= LONGEST_CELL ? last : text.length;
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end--;
  return Math.max(end, 0);
}

/** The last row of a text that goes on, where it ends within a quoted cell that may well have its end. */
function cutCell({ data, errors }: Papa.ParseResult<string[]>): number | undefined {
  const open = errors.find(({ code, row }) => code === 'MissingQuotes' && row === data.length - 1)?.row;
  return open !== undefined && data[open]!.every((cell) => cell.length <= LONGEST_CELL) ? open : undefined;
}

function brief(text: string): string {
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}

/** What a column is said to be; a column may be called as something that every object has. */
function saidOf(name: string, named: ColumnNames): string | undefined {
  return Object.hasOwn(named, name) ? named[name] : undefined;
}

/** By what the header has the most columns that are known; nothing when that says nothing. */
function delimiterOf(content: string, named: ColumnNames): string | undefined {
  const known = DELIMITERS.map((delimiter) => {
    const [header = []] = Papa.parse<string[]>(content, { delimiter, preview: 1 }).data;
    return { delimiter, count: header.filter((name) => saidOf(name, named) !== undefined || fieldOf(name) !== undefined).length };
  });
  const best = known.reduce((most, one) => (one.count > most.count ? one : most));
  return best.count > 1 ? best.delimiter : undefined;
}

/**
 * Cells parted by tabs, as spreadsheets put them on the clipboard: quoted only when they hold a tab or a line end. One that begins with a
 * quotation mark and is not such a cell is what it says.
 */
function quotedAsSpreadsheetsDo(text: string): string {
  return text.replaceAll(/(?<=^|[\t\r\n])(?:"[^"]*(?:""[^"]*)*"(?=[\t\r\n]|$)|("[^\t\r\n]*))/g, (whole, plain: string | undefined) =>
    plain === undefined ? whole : `"${plain.replaceAll('"', '""')}"`,
  );
}

/** A separator at the end of a line makes an empty cell, which says nothing. */
function untilLastOf(cells: readonly string[]): readonly string[] {
  return cells.slice(0, cells.findLastIndex((cell) => cell.trim() !== '') + 1);
}

/** Why a row cannot be told apart into the header's columns. Empty cells more than these say nothing. */
function unlikeHeader(cells: readonly string[], columns: number): string | undefined {
  const written = Math.max(untilLastOf(cells).length, Math.min(cells.length, columns));
  if (written === columns) return undefined;
  const difference = Math.abs(written - columns);
  const what = written > columns ? `${difference} more than the header has columns` : `${difference} fewer than the header has columns`;
  const why = written > columns ? '; a cell with the separator in it needs quotation marks around it' : '';
  return `has ${written} cells, ${what}${why}`;
}

function rowOf(cells: readonly string[], fields: readonly (string | undefined)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  fields.forEach((field, at) => {
    const cell = (cells[at] ?? '').trim();
    if (field === undefined || (cell === '' && !NEEDED.includes(field))) return;
    if (!LISTS.includes(field)) row[field] = cell;
    else {
      const entries = cell
        .split('|')
        .map((one) => one.trim())
        .filter((one) => one !== '');
      const known = (row[field] ??= []) as unknown[];
      known.push(...(ANSWERED.includes(field) ? entries.map(neighbor) : entries));
    }
  });
  return row;
}

function neighbor(entry: string): Neighbor {
  const at = entry.indexOf('=>');
  return at < 0 ? entry : { prompt: entry.slice(0, at).trim(), target: entry.slice(at + 2).trim() };
}
