import Papa from 'papaparse';
import { EmendError } from '../../../shared/errors.ts';
import type { Neighbor } from '../../../shared/fact.ts';
import { given } from '../../../shared/given.ts';

/** Column names that people and data sets use, without case, spaces and signs; a number at the end of a list's column is left out. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  id: ['id', 'caseid', 'case'],
  subject: ['subject', 'entity'],
  prompt: ['prompt', 'template', 'question', 'src'],
  target: ['target', 'targetnew', 'newtarget', 'newanswer', 'object', 'answer', 'wanted', 'targetwanted'],
  previousTarget: ['previoustarget', 'targettrue', 'groundtruth', 'oldtarget', 'oldanswer', 'previous', 'before', 'targetnow', 'answernow'],
  relation: ['relation', 'relationid', 'predicate'],
  paraphrases: ['paraphrase', 'paraphrases', 'paraphraseprompt', 'paraphraseprompts', 'rephrase', 'rephraseprompt'],
  neighbors: [
    'neighbor',
    'neighbors',
    'neighbour',
    'neighbours',
    'neighborhoodprompt',
    'neighborhoodprompts',
    'neighborprompt',
    'localityprompt',
  ],
  generationPrompts: ['generationprompt', 'generationprompts'],
};
const lists = ['paraphrases', 'neighbors', 'generationPrompts'];
const needed = ['subject', 'prompt', 'target'];

/** Rows of a table as objects with the names of a fact's fields, and the columns that no field was found for. */
export interface FactTable {
  readonly rows: Record<string, unknown>[];
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

/**
 * Reads a table of facts, separated by commas, semicolons or tabs, with a header. A cell of a list may hold several entries separated by
 * "|", and a list may have several columns (paraphrase 1, paraphrase 2). A neighbour's answer follows "=>".
 * @param named what columns are, whatever their names say
 * @throws EmendError 'bad-file' when quoting is broken, 'bad-input' when a column that a fact needs is missing (`details.columns` has those
 *   that are there) or there twice
 */
export function readTable(text: string, source: string, named: ColumnNames = {}): FactTable {
  const parsed = Papa.parse<string[]>(text.trim(), { skipEmptyLines: 'greedy', delimitersToGuess: [',', '\t', ';'] });
  const broken = parsed.errors.find((error) => error.type === 'Quotes');
  if (broken)
    throw new EmendError(
      'bad-file',
      `${source}: row ${(broken.row ?? 0) + 1}: ${broken.message}.`,
      'Close every quotation mark, and write a quotation mark inside a cell twice.',
    );
  const [header = [], ...body] = parsed.data;
  const fields = header.map((name) => (named[name] === undefined ? fieldOf(name) : named[name] || undefined));
  const columns = header.map((name, at): TableColumn => ({ name, ...given({ field: fields[at] }), example: brief(body[0]?.[at] ?? '') }));
  const missing = needed.filter((field) => !fields.includes(field));
  if (missing.length > 0) {
    throw new EmendError(
      'bad-input',
      `${source}: no column for ${missing.join(', ')}; found ${header
        .slice(0, HEADINGS)
        .map((name) => JSON.stringify(brief(name)))
        .join(', ')}${header.length > HEADINGS ? ' …' : ''}.`,
      `Name the columns ${needed.join(', ')}; previous_target, paraphrases and neighbors may follow.`,
      { missing, columns },
    );
  }
  const twice = fields.find((field, at) => field !== undefined && !lists.includes(field) && fields.indexOf(field) < at);
  if (twice !== undefined)
    throw new EmendError(
      'bad-input',
      `${source}: two columns mean ${twice}: ${header.filter((_, at) => fields[at] === twice).join(' and ')}.`,
      'Keep one of them.',
      { columns },
    );
  return { rows: body.map((cells) => rowOf(cells, fields)), columns };
}

function brief(text: string): string {
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}

function fieldOf(name: string): string | undefined {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return Object.keys(aliases).find((field) => aliases[field]!.includes(lists.includes(field) ? plain.replace(/\d+$/, '') : plain));
}

function rowOf(cells: readonly string[], fields: readonly (string | undefined)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  fields.forEach((field, at) => {
    const cell = (cells[at] ?? '').trim();
    if (field === undefined || (cell === '' && !needed.includes(field))) return;
    if (!lists.includes(field)) row[field] = cell;
    else {
      const entries = cell
        .split('|')
        .map((one) => one.trim())
        .filter((one) => one !== '');
      const known = (row[field] ??= []) as unknown[];
      known.push(...(field === 'neighbors' ? entries.map(neighbor) : entries));
    }
  });
  return row;
}

function neighbor(entry: string): Neighbor {
  const [prompt = '', target] = entry.split('=>').map((part) => part.trim());
  return target === undefined ? prompt : { prompt, target };
}
