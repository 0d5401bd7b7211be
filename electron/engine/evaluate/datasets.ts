import { EmendError } from '../../../shared/errors.ts';
import { readTable, type ColumnNames, type TableColumn } from './csv.ts';
import { recordFormats, type RecordFormat } from './formats.ts';
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
}

/**
 * Reads facts with what they are checked by: CounterFact, multi-CounterFact, zsRE, EasyEdit and KnowEdit (JSON), or facts of our own (JSON,
 * JSONL,
 * CSV). The format is known by the content.
 * @param source what errors call the text, such as the file's name
 * @param columns what columns of a table are, whatever their names say
 * @param takesWrong whether a table of nothing but wrong rows is an answer too: somebody mends them
 * @throws EmendError 'bad-file' for text of none of these kinds; 'bad-input' for a table without the columns needed, for records of
 *   an unknown format, and when not one record is well-formed
 */
export function readRecords(
  text: string,
  source = 'The facts',
  { columns = {}, takesWrong = false }: { columns?: ColumnNames; takesWrong?: boolean } = {},
): ReadRecords {
  const content = text.replace(/^\uFEFF/, '').trim();
  if (content === '') throw new EmendError('bad-file', `${source}: the file is empty.`, 'Choose a file with facts: JSON, JSONL or CSV.');
  const table = /^[[{]/.test(content) ? undefined : readTable(content, source, columns);
  const raw = table?.rows ?? jsonRecords(content, source);
  const format = table ? recordFormats.find((one) => one.name === 'Emend')! : formatOf(raw, source);
  const records: CheckRecord[] = [];
  const problems: RecordProblem[] = [];
  raw.forEach((one, index) => {
    const read = format.read(one, index);
    if ('record' in read) records.push(read.record);
    else if (table) problems.push({ index, place: `Row ${index + 2}`, ...read, row: table.rows[index]! });
    else problems.push({ index, place: `Record ${index + 1}`, ...read });
  });
  if (records.length === 0 && !(takesWrong && table && problems.length > 0)) {
    const [worst] = problems;
    const found = worst ? `the first problem is in ${worst.place.toLowerCase()}, ${worst.field}: ${worst.message}` : 'there is none';
    throw new EmendError('bad-input', `${source}: no record can be used; ${found}.`, 'Correct the records and read the file again.', {
      problems: problems.slice(0, 100),
    });
  }
  return { format: format.name, records, problems, columns: table?.columns ?? [] };
}

/** The records of a JSON array, of one JSON object, or of lines with one object each. */
function jsonRecords(content: string, source: string): unknown[] {
  try {
    const value: unknown = JSON.parse(content);
    return Array.isArray(value) ? value : [value];
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

function formatOf(raw: readonly unknown[], source: string): RecordFormat {
  const sample = raw.find((one): one is object => typeof one === 'object' && one !== null && !Array.isArray(one));
  const format = sample && recordFormats.find((one) => one.fits(sample));
  if (format) return format;
  const found = sample ? `found ${Object.keys(sample).slice(0, 12).join(', ')}` : 'found no objects';
  throw new EmendError(
    'bad-input',
    `${source}: records of an unknown format: ${found}.`,
    'Give each record subject, prompt and target; or use CounterFact, zsRE or EasyEdit records.',
  );
}
