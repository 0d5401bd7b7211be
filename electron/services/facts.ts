import { readFile, stat } from 'node:fs/promises';
import { EmendError } from '../../shared/errors.ts';
import type { Fact } from '../../shared/fact.ts';
import { readRecords, recordOf, type CheckRecord, type TableColumn } from '../engine/records.ts';
import { knownFile } from './known-files.ts';
import { given } from '../../shared/given.ts';

/** Facts with what they are checked by, and what a person should know of the reading. */
export interface FactSet {
  /** The file's name and format, or what else the facts are from. */
  readonly source: string;
  readonly records: readonly CheckRecord[];
  readonly warnings: readonly string[];
}

/** A file of facts is read whole; longer ones do not fit into one text. */
const LONGEST = 256 * 1024 ** 2;

/**
 * The text of a file of facts; UTF-8, or UTF-16 as spreadsheets save it.
 * @throws EmendError 'not-found' when it cannot be read; 'bad-file' when it is no text; 'bad-input' when it is too long
 */
export async function readFactText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > LONGEST)
      throw new EmendError(
        'bad-input',
        `The facts ${file} are ${(size / 1e6).toFixed(0)} MB long; expected at most 256 MB.`,
        'Split the file.',
      );
    const known = await knownFile(file);
    if (known) throw new EmendError('bad-file', `${file} is ${known.name}; expected a file of facts: JSON, JSONL or CSV.`, known.hint);
    const bytes = await readFile(file);
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le');
    if (bytes.subarray(0, 4096).includes(0))
      throw new EmendError('bad-file', `${file} is no text; expected a file of facts: JSON, JSONL or CSV.`, 'Save it as UTF-8 text there.');
    return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof EmendError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EISDIR' ? 'it is a folder' : code === 'ENOENT' ? 'there is no such file' : message;
    throw new EmendError('not-found', `The facts ${file} cannot be read: ${reason}.`, 'Give a file of facts: JSON, JSONL or CSV.');
  }
}

/**
 * Reads a file of facts: CounterFact, zsRE, EasyEdit, or facts of our own as JSON, JSONL or CSV.
 * @throws EmendError 'not-found' when it cannot be read; what {@link readRecords} throws for its content
 */
export async function readFactFile(file: string): Promise<FactSet> {
  const read = readRecords(await readFactText(file), file);
  const shown = read.problems.slice(0, 3).map((p) => `${p.place}, ${p.field}: ${p.message}`);
  const more = read.problems.length > shown.length ? ` (and ${read.problems.length - shown.length} more)` : '';
  return {
    source: `${file} (${read.format})`,
    records: read.records,
    warnings: [
      ...(shown.length === 0 ? [] : [`${count(read.problems.length, 'record')} left out of ${file}: ${shown.join('; ')}${more}.`]),
      ...unknownColumns(read.columns).map((name) => `${file}: the column ${JSON.stringify(name)} is not one that is known.`),
    ],
  };
}

/** Columns of a table that are no field of a fact. */
export function unknownColumns(columns: readonly TableColumn[]): string[] {
  return columns.filter(({ field }) => field === undefined).map(({ name }) => name);
}

/** The first `most` records; says so when there are fewer. */
export function firstOf(set: FactSet, most: number | undefined): FactSet {
  if (most === undefined) return set;
  const short =
    set.records.length < most
      ? [`${set.source} has ${count(set.records.length, 'fact')}, fewer than the ${most} asked for; all are taken.`]
      : [];
  return { ...set, records: set.records.slice(0, most), warnings: [...set.warnings, ...short] };
}

/** Facts as a caller gave them. */
export function factsGiven(facts: readonly Fact[]): FactSet {
  return { source: 'the facts given', records: facts.map((fact, at) => recordOf(fact, String(at))), warnings: [] };
}

/** The facts that edits wrote, each with the check material that `known` has for it. */
export function factsWritten(facts: readonly Fact[], known: readonly CheckRecord[]): FactSet {
  const question = (fact: Fact) => JSON.stringify([fact.subject, fact.prompt]);
  const byQuestion = new Map(known.map((record) => [question(record.fact), record]));
  const records = facts.map((fact, index) => {
    const record = byQuestion.get(question(fact));
    return record ? { ...record, fact: { ...record.fact, ...core(fact) } } : recordOf(fact, String(index));
  });
  return { source: "the version's edits", records, warnings: [] };
}

function core({ subject, prompt, target, previousTarget }: Fact): Fact {
  return { subject, prompt, target, ...given({ previousTarget }) };
}

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}
