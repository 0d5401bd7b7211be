import { readFile, stat } from 'node:fs/promises';
import { EmendError } from '../../shared/errors.ts';
import { characterProblems, questionOf, type Fact } from '../../shared/fact.ts';
import { decodeText, readRecords, recordOf, type CheckRecord, type TableColumn } from '../engine/records.ts';
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
 * The text of a file of facts, and a remark where its encoding had to be found out.
 * @throws EmendError 'not-found' when it cannot be read; 'bad-file' when it is no text, or its encoding could be told in two ways;
 *   'bad-input' when it is too long
 */
export async function readFactText(file: string): Promise<{ text: string; remark?: string }> {
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
    return decodeText(await readFile(file), `The file of facts ${file}`);
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
  const { text, remark } = await readFactText(file);
  const read = readRecords(text, file);
  const shown = read.problems.slice(0, 3).map((p) => `${p.place}, ${p.field}: ${p.message}`);
  const more = read.problems.length > shown.length ? ` (and ${read.problems.length - shown.length} more)` : '';
  return {
    source: `${file} (${read.format})`,
    records: read.records,
    warnings: [
      ...(shown.length === 0 ? [] : [`${count(read.problems.length, 'record')} left out of ${file}: ${shown.join('; ')}${more}.`]),
      ...readingRemarks(read, remark).map((one) => `${file}: ${one}`),
    ],
  };
}

/** What a person should know of how facts were read, beside records that were left out. */
export function readingRemarks({ columns, unread, notes }: ReturnType<typeof readRecords>, remark?: string): string[] {
  return [
    ...(remark === undefined ? [] : [remark]),
    ...unknownColumns(columns).map((name) => `The column ${JSON.stringify(name)} is not one that is known.`),
    ...(unread.length === 0 ? [] : [`Not read: ${unread.map((name) => JSON.stringify(name)).join(', ')}.`]),
    ...notes.map((note) => `${note[0]!.toUpperCase()}${note.slice(1)}.`),
  ];
}

/** An edit of what nobody sees is not the edit that is meant. @throws EmendError 'bad-input' for the first fact with such characters */
export function refuseUnseen(facts: readonly Fact[]): void {
  for (const [index, fact] of facts.entries()) {
    const wrong = characterProblems(fact, index).find(({ severity }) => severity === 'error');
    if (wrong) throw new EmendError('bad-input', `Fact ${index + 1}: ${wrong.message}`, wrong.hint, { index, field: wrong.field });
  }
}

/** Columns of a table that are no field of a fact. */
function unknownColumns(columns: readonly TableColumn[]): string[] {
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
  const byQuestion = new Map(known.map((record) => [questionOf(record.fact), record]));
  const records = facts.map((fact, index) => {
    const record = byQuestion.get(questionOf(fact));
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
