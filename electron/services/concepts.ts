import { basename } from 'node:path';
import Papa from 'papaparse';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import type { LabelledText } from '../engine/jobs.ts';
import { factTexts, type ToldFact } from '../engine/records.ts';
import type { Follow } from '../../shared/progress.ts';
import { readFactFile, readFactText, type FactReader } from './facts.ts';
import { TaughtSchema } from './suggest.ts';
import { readWholeText } from './whole-text.ts';

/** Texts with their concepts, and where these are from. */
export interface ConceptTexts {
  readonly source: string;
  readonly texts: readonly LabelledText[];
  /** How many there are, with those that are not among `texts`. */
  readonly all: number;
  readonly warnings: readonly string[];
}

/**
 * Sentences of the facts of a file, labelled with subject kinds, relations and object classes.
 * @param most sentences
 * @throws EmendError when the file cannot be read, or tells no facts
 */
export async function conceptsOfFacts(
  engine: FactReader,
  file: string,
  seed: number,
  most: number,
  follow: Pick<Follow, 'signal'> = {},
): Promise<ConceptTexts> {
  const { facts, warnings } = await toldFacts(engine, file, follow);
  const texts = factTexts(facts, seed, most);
  if (!texts.some(({ labels, rest }) => labels.length > 0 || rest !== undefined))
    throw new EmendError(
      'bad-input',
      `The facts of ${file} name no relation, so there are no concepts to compare units with.`,
      'Give facts with a relation (in CSV a column relation), or your own labels.',
    );
  const all = facts.reduce((sum, { prompts }) => sum + prompts.length, 0);
  return { source: `the facts of ${basename(file)}`, texts, all, warnings };
}

async function toldFacts(
  engine: FactReader,
  file: string,
  follow: Pick<Follow, 'signal'>,
): Promise<{ facts: ToldFact[]; warnings: readonly string[] }> {
  const taught = v.safeParse(TaughtSchema, asJson(await readFactText(file)));
  if (taught.success) {
    const { relations, facts } = taught.output;
    const strange = facts.find(({ relation }) => !Object.hasOwn(relations, relation));
    if (strange)
      throw new EmendError(
        'bad-file',
        `${file}: a fact about ${JSON.stringify(strange.subject)} is of the relation ${JSON.stringify(strange.relation)}, ` +
          `which has no phrasings.`,
        'Add the relation with its templates.',
      );
    return { facts: facts.map((fact) => ({ ...fact, prompts: relations[fact.relation]!.templates })), warnings: [] };
  }
  const { records, warnings } = await readFactFile(engine, file, follow);
  const facts = records.map(({ fact: { subject, prompt, target, previousTarget, relation } }) => ({
    subject,
    relation,
    object: previousTarget ?? target,
    prompts: [prompt],
  }));
  return { facts, warnings };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const Text = v.pipe(v.string(), v.trim(), v.nonEmpty('is empty'));
const Whole = v.pipe(v.string(), v.trim(), v.regex(/^\d{1,9}$/, 'is no whole number'), v.transform(Number));
/** A piece of a text by its words; the whole text when `span` is empty. */
const SpanRow = v.object({
  text: v.pipe(v.string(), v.nonEmpty('is empty')),
  span: v.optional(v.string(), ''),
  category: Text,
  concept: Text,
});
/** A token by its number in its text. */
const TokenRow = v.object({
  document: Whole,
  position: Whole,
  token: v.optional(
    v.union([
      Whole,
      v.pipe(
        v.literal(''),
        v.transform(() => undefined),
      ),
    ]),
  ),
  category: Text,
  concept: Text,
});

/**
 * A person's own concepts from a CSV file: either `text, span, category, concept`, or `document, position, token, category, concept`, where
 * `document` counts the lines of a file of texts from 0 and `token`, which may be left out, is the id that the tokenizer must give there.
 * @param textsFile one text a line; for the second form
 * @throws EmendError 'not-found', 'bad-file', or 'bad-input' naming the row
 */
export async function conceptsOfTable(file: string, textsFile: string | undefined): Promise<ConceptTexts> {
  const parsed = Papa.parse<Record<string, string>>((await read(file, 'The labels')).replace(/^\ufeff/, ''), {
    header: true,
    skipEmptyLines: 'greedy',
    delimitersToGuess: [',', '\t', ';'],
    transformHeader: (name) => name.trim().toLowerCase(),
  });
  const broken = parsed.errors.find(({ type }) => type === 'Quotes');
  if (broken) throw new EmendError('bad-file', `${file}: row ${(broken.row ?? 0) + 1}: ${broken.message}.`, 'Close every quotation mark.');
  const columns = parsed.meta.fields ?? [];
  const source = `the labels of ${basename(file)}`;
  if (columns.includes('text')) {
    const texts = spans(rowsOf(parsed.data, SpanRow, file), file);
    return {
      source,
      texts,
      all: texts.length,
      warnings: textsFile === undefined ? [] : [`${basename(textsFile)} was not read: the labels bring their texts.`],
    };
  }
  if (!columns.includes('document') || !columns.includes('position'))
    throw new EmendError(
      'bad-input',
      `${file}: expected the columns text, span, category, concept, or document, position, token, category, concept; ` +
        `found ${columns.map((name) => JSON.stringify(name)).join(', ')}.`,
      'Name the columns in the first row.',
    );
  if (textsFile === undefined)
    throw new EmendError(
      'bad-input',
      `${file} labels tokens by their number; the texts that it counts in are missing.`,
      'Give the texts too, one a line, or labels with the columns text, span, category, concept.',
    );
  const texts = tokens(rowsOf(parsed.data, TokenRow, file), await linesOf(textsFile), file, textsFile);
  return { source, texts, all: texts.length, warnings: [] };
}

function rowsOf<S extends v.GenericSchema>(data: readonly unknown[], schema: S, file: string): v.InferOutput<S>[] {
  return data.map((row, at) => {
    const found = v.safeParse(schema, row, { abortEarly: true });
    if (found.success) return found.output;
    const [issue] = found.issues;
    throw new EmendError(
      'bad-input',
      // The header is row 1 of the file.
      `${file}: row ${at + 2}: ${v.getDotPath(issue) ?? 'a column'} ${issue.type === 'object' ? 'is missing' : issue.message}.`,
      'Correct the row, or take it out.',
    );
  });
}

function spans(rows: readonly v.InferOutput<typeof SpanRow>[], file: string): LabelledText[] {
  const texts = new Map<string, { start: number; end: number; category: string; name: string }[]>();
  rows.forEach(({ text, span, category, concept }, at) => {
    if (!texts.has(text)) texts.set(text, []);
    const labels = texts.get(text)!;
    const wanted = span.trim() === '' ? text : span.trim();
    let from = text.indexOf(wanted);
    if (from < 0)
      throw new EmendError(
        'bad-input',
        `${file}: row ${at + 2}: ${JSON.stringify(wanted)} does not occur in its text.`,
        'Write the span as it stands in the text.',
      );
    for (; from >= 0; from = text.indexOf(wanted, from + wanted.length))
      labels.push({ start: from, end: from + wanted.length, category, name: concept });
  });
  return [...texts].map(([text, labels]) => ({ text, labels }));
}

function tokens(
  rows: readonly v.InferOutput<typeof TokenRow>[],
  lines: readonly string[],
  file: string,
  textsFile: string,
): LabelledText[] {
  const labels = lines.map((): LabelledText['labels'][number][] => []);
  rows.forEach(({ document, position, token: id, category, concept }, at) => {
    if (labels[document] === undefined)
      throw new EmendError(
        'bad-input',
        `${file}: row ${at + 2}: document ${document} was named; ${textsFile} has ${lines.length} texts, from 0.`,
        'Count the texts from 0.',
      );
    labels[document].push({ position, id, category, name: concept });
  });
  return lines.map((text, at) => ({ text, labels: labels[at]! }));
}

async function linesOf(file: string): Promise<string[]> {
  const lines = (await read(file, 'The texts')).replace(/^\ufeff/, '').split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function read(file: string, what: string): Promise<string> {
  return readWholeText(file, what, 'Give a file that is there.');
}
