import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { LIST_LIMIT, TEXT_LIMIT } from '../../../shared/contract/define.ts';
import { readTable, type ColumnNames, type Extent, type TableColumn } from './csv.ts';
import { recordFormats, type RecordFormat } from './formats.ts';
import { wholeElements } from './json-elements.ts';
import type { CheckRecord } from './records.ts';

/** A record that could not be read, with the reason. */
export interface RecordProblem {
  /** Position among the records of the file, from 0 (not counting a header). */
  readonly index: number;
  /** The same as a person counts: "Record 6", "Row 7" of a table with its header. */
  readonly place: string;
  readonly field: string;
  readonly message: string;
  /** What was read of a table's row, by the fields of a fact. */
  readonly row?: Readonly<Record<string, unknown>>;
}

export interface ReadRecords {
  readonly format: RecordFormat['name'];
  /** Those that are well-formed, in the order of the file. */
  readonly records: CheckRecord[];
  /** The others: nothing is left out without being said. */
  readonly problems: RecordProblem[];
  /** The columns of a table; none of what is no table. */
  readonly columns: readonly TableColumn[];
  /** Fields that records have and that are not read. */
  readonly unread: readonly string[];
  /** What was understood how, where it may be meant otherwise, and questions that were left out. */
  readonly notes: readonly string[];
  /** Whether these are all records that there are. */
  readonly isWhole: boolean;
}

/** How facts are read. */
export interface Reading extends Extent {
  /** What columns of a table are, whatever their names say. */
  readonly columns?: ColumnNames | undefined;
  /** Whether a table of nothing but wrong rows is an answer too: somebody mends them. */
  readonly takesWrong?: boolean | undefined;
}

/**
 * Reads facts with what they are checked by: CounterFact, multi-CounterFact, zsRE, EasyEdit and KnowEdit, MQuAKE, requests of ROME and
 * MEMIT (JSON), or facts of our own (JSON, JSONL, CSV). The format is known by the content.
 * @param source what errors call the text, such as the file's name
 * @throws EmendError 'bad-file' for text of none of these kinds; 'bad-input' for a table without the columns needed, for records of
 *   an unknown format, and when not one record is well-formed
 */
export function readRecords(
  text: string,
  source = 'The facts',
  { columns = {}, takesWrong = false, most = Infinity, isBeginning = false }: Reading = {},
): ReadRecords {
  const content = text.replace(/^\uFEFF/, '');
  if (content.trim() === '')
    throw new EmendError('bad-file', `${source}: the file is empty.`, 'Choose a file with facts: JSON, JSONL or CSV.');
  const table = /^\s*[[{]/.test(content) ? undefined : readTable(content, source, columns, { most, isBeginning });
  const json = table ? undefined : jsonRecords(content.trim(), source, isBeginning);
  const raw = table?.rows.map(({ fields }) => fields) ?? json!.slice(0, most);
  const format = table ? recordFormats.find((one) => one.name === 'Emend')! : formatOf(raw, source);
  const records: CheckRecord[] = [];
  const problems: RecordProblem[] = [];
  const unread = new Set<string>();
  const notes = new Map<string, number[]>();
  raw.forEach((one, index) => {
    const row = table?.rows[index];
    const place = row ? { index, place: `Row ${row.number}`, row: row.fields } : { index, place: `Record ${index + 1}` };
    if (row?.problem !== undefined) {
      problems.push({ ...place, field: 'cells', message: row.problem });
      return;
    }
    const read = format.read(one, index);
    if (!('records' in read)) {
      problems.push({ ...place, ...read });
      return;
    }
    const long = read.records.map(longText).find((one) => one !== undefined);
    if (long) {
      problems.push({ index, place: place.place, ...long });
      return;
    }
    records.push(...read.records);
    for (const field of read.unread) unread.add(field);
    for (const note of read.notes) {
      const known = notes.get(note);
      if (known) known.push(index);
      else notes.set(note, [index]);
    }
  });
  if (records.length === 0 && !(takesWrong && table && problems.length > 0)) {
    const [worst] = problems;
    const found = worst ? `the first problem is in ${worst.place.toLowerCase()}, ${worst.field}: ${worst.message}` : 'there is none';
    throw new EmendError('bad-input', `${source}: no record can be used; ${found}.`, 'Correct the records and read the file again.', {
      problems: problems.slice(0, 100),
    });
  }
  return {
    format: format.name,
    records,
    problems,
    columns: table?.columns ?? [],
    unread: [...unread].slice(0, 40),
    notes: [...notes].map(([note, of]) => `${note} (${of.length === 1 ? `record ${of[0]! + 1}` : `${of.length} records`})`),
    isWhole: table?.isWhole ?? (!isBeginning && json!.length <= most),
  };
}

/** The first field of a record that is longer than any that Emend takes. */
function longText({ fact, ...lists }: CheckRecord): { field: string; message: string } | undefined {
  for (const [field, value] of Object.entries({ ...fact, ...lists })) {
    const length = longestIn(value);
    if (length > TEXT_LIMIT) return { field, message: `expected at most ${TEXT_LIMIT} characters, found ${length}` };
    if (Array.isArray(value) && value.length > LIST_LIMIT)
      return { field, message: `expected at most ${LIST_LIMIT} entries, found ${value.length}` };
  }
  return undefined;
}

function longestIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((longest, one) => Math.max(longest, longestIn(one)), 0);
}

/** A fact set as Emend keeps it beside an entry. */
const FactSetSchema = v.strictObject({ facts: v.array(v.unknown()) });

/**
 * The records of a JSON array, of one JSON object or fact set, or of lines with one object each.
 * @param isBeginning of a text that goes on: then the records that end within it
 */
function jsonRecords(text: string, source: string, isBeginning: boolean): unknown[] {
  const content = isBeginning ? beginningOf(text, source) : text;
  try {
    const value: unknown = JSON.parse(content);
    return v.is(FactSetSchema, value) ? value.facts : Array.isArray(value) ? value : [value];
  } catch (error) {
    if (content.startsWith('[') || !content.includes('\n')) {
      throw new EmendError(
        'bad-file',
        `${source}: not JSON: ${error instanceof Error ? error.message : String(error)}`,
        'Check that the file is complete.',
      );
    }
  }
  return content
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line, index) => {
      try {
        return JSON.parse(line) as unknown;
      } catch (error) {
        throw new EmendError(
          'bad-file',
          `${source}: record ${index + 1} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
          'Write one JSON object on each line.',
          { index },
        );
      }
    });
}

/** What can be read of JSON that goes on: the elements of a list, or lines. */
function beginningOf(text: string, source: string): string {
  const whole = text.startsWith('[') ? wholeElements(text) : isOneEach(text) ? text.slice(0, text.lastIndexOf('\n')) : undefined;
  if (whole !== undefined) return whole;
  throw new EmendError(
    'bad-input',
    `${source}: more than ${text.length} characters of JSON that are neither a list of records nor one record on each line, ` +
      'so that none can be read without the rest.',
    'Take its list of records out, such as: jq -c ".facts[]" FILE > facts.jsonl',
  );
}

/** Whether the first line is a record. */
function isOneEach(text: string): boolean {
  const end = text.indexOf('\n');
  try {
    return end > 0 && typeof JSON.parse(text.slice(0, end)) === 'object';
  } catch {
    return false;
  }
}

/** Published files that hold no facts as they can be edited in, by the fields that they have. */
const NOT_READ = [
  {
    name: 'RippleEdits',
    marks: ['example_type', 'edit'],
    why: 'they name subject and target by numbers of Wikidata alone, so that nobody can tell where in a prompt the subject stands',
    hint: 'Take the same facts as KnowEdit has them (WikiData_counterfact, WikiData_recent), with subject and target_new.',
  },
  {
    name: 'KnowEdit’s WikiBio',
    marks: ['concept', 'labels'],
    why: 'they rewrite whole texts, not facts with a subject and a target',
    hint: 'Take its files of facts: WikiData_counterfact, WikiData_recent or ZsRE.',
  },
] as const;

function formatOf(raw: readonly unknown[], source: string): RecordFormat {
  const sample = raw.find((one): one is object => typeof one === 'object' && one !== null && !Array.isArray(one));
  const format = sample && recordFormats.find((one) => one.fits(sample));
  if (format) return format;
  const kept = sample && NOT_READ.find(({ marks }) => marks.every((mark) => mark in sample));
  if (kept) throw new EmendError('bad-input', `${source}: records of ${kept.name}: ${kept.why}.`, kept.hint);
  const found = sample ? `found ${Object.keys(sample).slice(0, 12).join(', ')}` : 'found no objects';
  throw new EmendError(
    'bad-input',
    `${source}: records of an unknown format: ${found}.`,
    'Give each record subject, prompt and target; or use records of CounterFact, zsRE, EasyEdit, KnowEdit or MQuAKE.',
  );
}
