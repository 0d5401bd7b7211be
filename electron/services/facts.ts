import { EmendError } from '../../shared/errors.ts';
import { characterProblems, questionOf, type Fact } from '../../shared/fact.ts';
import type { Follow } from '../../shared/progress.ts';
import type { Jobs } from '../engine/jobs.ts';
import { decodeText, recordOf, type CheckRecord, type TableColumn } from '../engine/records.ts';
import type { JobRunner } from './jobs.ts';
import { knownFile } from './known-files.ts';
import { given } from '../../shared/given.ts';
import { mustBeFile, readWhole } from './whole-text.ts';

/** Facts with what they are checked by, and what a person should know of the reading. */
export interface FactSet {
  /** The file's name and format, or what else the facts are from. */
  readonly source: string;
  readonly records: readonly CheckRecord[];
  readonly warnings: readonly string[];
}

const HINT = 'Give a file of facts: JSON, JSONL or CSV.';

/**
 * Looks whether a file can be one of facts, before anything of it is read but its beginning.
 * @throws EmendError 'not-found' when it cannot be read; 'bad-file' when it is of another kind
 */
async function mustBeFacts(file: string): Promise<void> {
  await mustBeFile(file, 'The facts', HINT);
  const known = await knownFile(file).catch((error: Error) => {
    throw new EmendError('not-found', `The facts ${file} cannot be read: ${error.message}.`, HINT);
  });
  if (known) throw new EmendError('bad-file', `${file} is ${known.name}; expected a file of facts: JSON, JSONL or CSV.`, known.hint);
}

/**
 * The whole text of a file of facts.
 * @throws EmendError 'not-found' when it cannot be read; 'bad-file' when it is no text, or its encoding could be told in two ways;
 *   'bad-input' when it is too long
 */
export async function readFactText(file: string): Promise<string> {
  await mustBeFacts(file);
  return decodeText(await readWhole(file, 'The facts', HINT), `The file of facts ${file}`).text;
}

/** What reading facts needs: the engine does it, so that a long file or one that was made to take for ever holds up nothing else. */
export interface FactReader {
  run(job: 'facts', source: Jobs['facts']['params'], follow?: Pick<Follow, 'signal'>): Promise<Jobs['facts']['result']>;
}

/**
 * The first facts of a file or of a pasted text, for a person to choose from.
 * @throws EmendError as {@link readFactFile}
 */
export async function readFacts(engine: FactReader, source: Jobs['facts']['params']): Promise<Jobs['facts']['result']> {
  if ('file' in source.from) await mustBeFacts(source.from.file);
  return engine.run('facts', source);
}

/**
 * Reads a file of facts: CounterFact, zsRE, EasyEdit, or facts of our own as JSON, JSONL or CSV.
 * @throws EmendError 'not-found' when it cannot be read; what `readRecords` throws for its content
 */
export async function readFactFile(engine: FactReader, file: string, follow: Pick<Follow, 'signal'> = {}): Promise<FactSet> {
  await mustBeFacts(file);
  const read = await engine.run('facts', { from: { file }, name: file }, follow);
  const shown = read.problems.slice(0, 3).map((p) => `${p.place}, ${p.field}: ${p.message}`);
  const more = read.wrong > shown.length ? ` (and ${read.wrong - shown.length} more)` : '';
  return {
    source: `${file} (${read.format})`,
    records: read.records,
    warnings: [
      ...(shown.length === 0 ? [] : [`${count(read.wrong, 'record')} left out of ${file}: ${shown.join('; ')}${more}.`]),
      ...readingRemarks(read).map((one) => `${file}: ${one}`),
    ],
  };
}

/** What a person should know of how facts were read, beside records that were left out. */
export function readingRemarks({ columns, unread, notes, remark, isWhole, total, wrong }: Jobs['facts']['result']): string[] {
  return [
    ...(isWhole ? [] : [`It is long; its first ${count(total + wrong, 'record')} were read, and what follows was not.`]),
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

/**
 * Facts that the model cannot read to their end would end an edit when half of it is done.
 * @throws EmendError 'bad-input' for the first of them, with its tokens and the model's
 */
export async function refuseLonger(engine: JobRunner, folder: string, facts: readonly Fact[]): Promise<void> {
  const { tooLong } = await engine.run('longer', { model: { folder }, facts });
  const index = tooLong.findIndex((problems) => problems.length > 0);
  if (index < 0) return;
  const { field, message, hint } = tooLong[index]![0]!;
  throw new EmendError('bad-input', `Fact ${index + 1}: ${message}`, hint, { index, field });
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
