import Papa from 'papaparse';
import { countSlots } from '../../../shared/fact.ts';
import { CELLS } from './rows.ts';

/**
 * What pasted text is. 'text' goes into the cell as it stands; 'cells' is a block without a header, to write over the table from a column
 * on
 * (the cell's own when `column` is undefined); 'facts' is a table with a header or records, for the services to read.
 */
export type Pasted =
  | { readonly kind: 'text' }
  | { readonly kind: 'cells'; readonly block: string[][]; readonly column: number | undefined }
  | { readonly kind: 'facts'; readonly text: string };

const PROMPT = CELLS.indexOf('prompt');

/** Decides what to do with text from the clipboard. */
export function pasted(text: string): Pasted {
  const content = text.replace(/^\uFEFF/, '').trim();
  if (/^[[{]\s*["{[]/.test(content)) return { kind: 'facts', text: content };
  const lines = content.split(/\r?\n/);
  if (lines.length === 1 && !content.includes('\t')) return isFactLine(content) ? cells(table(content)) : { kind: 'text' };
  const read = table(content);
  if (isHeader(read[0] ?? []) || hasHeadings(read)) return { kind: 'facts', text: content };
  return cells(read);
}

/** A block whose prompts show by their {} says itself where it belongs. */
function cells(block: string[][]): Pasted {
  const width = Math.max(...block.map((line) => line.length));
  const prompts = Array.from({ length: width }, (_, column) => column).find((column) =>
    block.some((line) => countSlots(line[column] ?? '') === 1),
  );
  const column = prompts === undefined || width < 2 ? undefined : PROMPT - prompts;
  return {
    kind: 'cells',
    block: column !== undefined && column < 0 ? block.map((line) => line.slice(-column)) : block,
    column: column === undefined ? undefined : Math.max(0, column),
  };
}

/**
 * Tab-separated, as spreadsheets copy; else by commas or semicolons where there is a header or most lines look like facts; else one column.
 */
function table(content: string): string[][] {
  const read = (delimiter: string) => Papa.parse<string[]>(content, { delimiter, skipEmptyLines: 'greedy' }).data;
  if (content.includes('\t')) return read('\t');
  for (const delimiter of [',', ';']) {
    const lines = read(delimiter);
    // Rows that are too long or too short stay rows, to be mended where they are.
    if (isHeader(lines[0]!) && lines[0]!.length > 1) return lines;
    const wide = lines.filter((line) => line.length >= 3);
    if (wide.length * 2 > lines.length && wide.some((line) => line.some((cell) => countSlots(cell) === 1))) return lines;
  }
  return content
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => [line]);
}

function isFactLine(line: string): boolean {
  return countSlots(line) === 1 && table(line)[0]!.length >= 3;
}

/** Headings of somebody's own: no {} in the first line, one in each line below. */
function hasHeadings([first = [], ...others]: readonly string[][]): boolean {
  const hasSlot = (line: readonly string[]) => line.some((cell) => countSlots(cell) === 1);
  return others.length > 0 && first.length >= 3 && first.every((cell) => cell.trim() !== '') && !hasSlot(first) && others.every(hasSlot);
}

function isHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  return (
    names.includes('prompt') ||
    (names.includes('subject') && names.length > 1) ||
    names.some((name) => /^(target|template|question)([ _-]?(new|true))?$/.test(name))
  );
}
