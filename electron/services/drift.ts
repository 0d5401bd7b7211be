import { basename } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { fillPrompt } from '../../shared/fact.ts';
import type { CheckRecord } from '../engine/records.ts';
import type { Material } from './models.ts';
import { readWholeText } from './whole-text.ts';
import neutral from './suggesting/neutral.json' with { type: 'json' };

/** Prompts and texts to see on whether an edit changed what it should not. */
export interface DriftTexts {
  readonly driftProbes: readonly string[];
  readonly driftTexts: readonly string[];
}

export interface DriftSources {
  readonly material: Material | undefined;
  /** Files of a person's own, one prompt or text a line; they go before everything else. */
  readonly probes?: string | undefined;
  readonly texts?: string | undefined;
  /** Facts that are edited: prompts about their subjects are left out. */
  readonly edited: readonly CheckRecord[];
  /** Facts that are not. */
  readonly others: readonly CheckRecord[];
  /** Prompts about other subjects that the edit was told of, so that these prove nothing: prompts about them are left out. */
  readonly told?: readonly string[];
}

/** Enough for a mean KL that does not move with the choice, and still quick. */
const PROBES = 100;
const TEXTS = 40;

/**
 * Drift material: the files given, else what came with the model, else prompts of facts that were not edited and Emend's own neutral text,
 * of which the beginnings of sentences are prompts.
 */
export async function driftTexts({ material, probes, texts, edited, others, told = [] }: DriftSources): Promise<DriftTexts> {
  const subjects = new Set(edited.map(({ fact }) => fact.subject));
  const prompts = async () => {
    if (probes !== undefined) return lines(probes, 'drift prompts');
    if (material !== undefined) return taughtPrompts(material.facts, subjects, told.join('\n'));
    return [...unedited(others, subjects), ...neutralTexts(subjects).map(beginning)];
  };
  const longer = async () => {
    if (texts !== undefined) return lines(texts, 'drift texts');
    return material === undefined ? neutralTexts(subjects) : (await lines(material.corpus, 'drift texts')).filter(isApart(subjects));
  };
  return { driftProbes: spread(await prompts(), PROBES), driftTexts: spread(await longer(), TEXTS) };
}

/** Where drift material is from, in words. */
export function driftFrom({ material, probes, texts, edited, others }: DriftSources): { readonly probes: string; readonly texts: string } {
  const written = unedited(others, new Set(edited.map(({ fact }) => fact.subject))).length;
  const own = 'sentences that were written for Emend, on nothing in particular';
  return {
    probes:
      probes !== undefined
        ? `the file ${basename(probes)}`
        : material !== undefined
          ? "the model's own facts about other subjects"
          : written > 0
            ? `other facts that were written into the model, and beginnings of ${own}`
            : `beginnings of ${own}`,
    texts: texts !== undefined ? `the file ${basename(texts)}` : material !== undefined ? 'the text that came with the model' : own,
  };
}

function unedited(others: readonly CheckRecord[], subjects: ReadonlySet<string>): string[] {
  return others.filter(({ fact }) => !subjects.has(fact.subject)).map(({ fact }) => fillPrompt(fact.prompt, fact.subject).text);
}

function neutralTexts(subjects: ReadonlySet<string>): string[] {
  return neutral.texts.filter(isApart(subjects));
}

/** Whether a text names none of some subjects. */
function isApart(subjects: ReadonlySet<string>): (text: string) => boolean {
  return (text) => ![...subjects].some((subject) => text.includes(subject));
}

/** The first half of a sentence. */
function beginning(text: string): string {
  const words = text.split(' ');
  return words.slice(0, Math.ceil(words.length / 2)).join(' ');
}

const TaughtSchema = v.object({
  relations: v.record(v.string(), v.object({ templates: v.pipe(v.array(v.string()), v.minLength(1)) })),
  facts: v.array(v.object({ subject: v.string(), relation: v.string() })),
});

/** A prompt for every fact of facts.json about another subject, of which the edit was not told either. */
async function taughtPrompts(file: string, subjects: ReadonlySet<string>, told: string): Promise<string[]> {
  const parsed = v.safeParse(
    TaughtSchema,
    parse(await readWholeText(file, 'The facts', 'Copy it again from where the model came from.'), file),
  );
  if (!parsed.success)
    throw new EmendError(
      'bad-file',
      `${file}: ${v.getDotPath(parsed.issues[0]) ?? 'the file'}: ${parsed.issues[0].message}.`,
      'Copy it again from where the model came from, or give prompts of your own with --probes.',
    );
  const { relations, facts } = parsed.output;
  return facts.flatMap(({ subject, relation }) => {
    const template = relations[relation]?.templates[0];
    return template === undefined || subjects.has(subject) || told.includes(subject) ? [] : [fillPrompt(template, subject).text];
  });
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new EmendError('bad-file', `${file} is not JSON: ${(error as Error).message}`, 'Copy it again from where the model came from.');
  }
}

async function lines(file: string, what: string): Promise<string[]> {
  const text = await readWholeText(file, `The ${what}`, 'Give a text file in UTF-8, one on each line.');
  const found = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (found.length === 0) throw new EmendError('bad-input', `The ${what} ${file} are empty.`, 'Write one on each line.');
  return found;
}

/** `most` of the items, evenly from beginning to end, so that every kind is among them. */
export function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!);
}
