import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { fillPrompt, type Fact, type Neighbor } from '../../shared/fact.ts';
import { spread } from './drift.ts';
import { given } from '../../shared/given.ts';

/** Facts by relation, with the phrasings of each; they may say of what kind their subjects are. */
export const TaughtSchema = v.object({
  relations: v.record(v.string(), v.object({ templates: v.pipe(v.array(v.string()), v.minLength(1)) })),
  facts: v.array(v.object({ subject: v.string(), relation: v.string(), object: v.string(), kind: v.optional(v.string()) })),
});
/** Facts that a model is known to hold, by relation, with the phrasings of each. */
export type Taught = v.InferOutput<typeof TaughtSchema>;

/** What a fact can be checked by. */
export interface Suggestion {
  readonly paraphrases: readonly string[];
  readonly neighbors: readonly Neighbor[];
  readonly generationPrompts: readonly string[];
  readonly previousTarget?: string | undefined;
  /** Where it is from, in words. */
  readonly source: string;
}

const PARAPHRASES = 4;
const NEIGHBORS = 6;
/** A paraphrase for any prompt: the published checks, too, put an unrelated sentence in front. */
const CONTEXTS = ['It was a quiet afternoon.', 'The report was finished on time.'];

/** @throws EmendError 'bad-file' when the file beside the model is of another form */
export async function readTaught(file: string): Promise<Taught> {
  const text = await readFile(file, 'utf8');
  try {
    return v.parse(TaughtSchema, JSON.parse(text));
  } catch (error) {
    throw new EmendError(
      'bad-file',
      `${file} is not a list of facts by relation: ${error instanceof Error ? error.message : String(error)}.`,
      'Copy it again from where the model came from.',
    );
  }
}

/**
 * Paraphrases and neighbours for a fact. Where the model's own facts have the subject and the prompt, its other phrasings are the
 * paraphrases,
 * and subjects with the same previous answer the neighbours, as CounterFact has them. Otherwise other subjects are asked in the same words.
 * @param others facts of other subjects that were written down already: edits in force, rows of the form
 */
export function suggestFor(fact: Fact, taught: Taught | undefined, others: readonly Fact[]): Suggestion {
  const relation = taught && relationOf(fact, taught);
  if (taught && relation !== undefined) {
    const { templates } = taught.relations[relation]!;
    const known = taught.facts.filter((one) => one.relation === relation);
    const previous = fact.previousTarget ?? known.find((one) => one.subject === fact.subject)?.object;
    const elsewhere = known.filter((one) => one.subject !== fact.subject);
    const alike = elsewhere.filter((one) => one.object === previous);
    const neighbors = [
      ...spread(alike, NEIGHBORS),
      ...spread(
        elsewhere.filter((one) => one.object !== previous && one.object !== fact.target),
        Math.max(0, NEIGHBORS - alike.length),
      ),
    ];
    return {
      paraphrases: spread(
        templates.filter((one) => one !== fact.prompt),
        PARAPHRASES,
      ).map((template) => fillPrompt(template, fact.subject).text),
      neighbors: neighbors.map((one) => ({ prompt: fillPrompt(fact.prompt, one.subject).text, target: one.object })),
      generationPrompts: spread(templates, 2).map((template) => fillPrompt(template, fact.subject).text),
      ...given({ previousTarget: previous }),
      source: `the model's facts of the relation ${relation}`,
    };
  }
  const elsewhere = [...new Map(others.filter((one) => one.subject !== fact.subject).map((one) => [one.subject, one])).values()];
  const plain = fillPrompt(fact.prompt, fact.subject).text;
  return {
    paraphrases: CONTEXTS.map((sentence) => `${sentence} ${plain}`),
    neighbors: spread(elsewhere, NEIGHBORS).map((one) =>
      one.prompt === fact.prompt && one.previousTarget !== undefined
        ? { prompt: fillPrompt(one.prompt, one.subject).text, target: one.previousTarget }
        : fillPrompt(fact.prompt, one.subject).text,
    ),
    generationPrompts: [fact.subject],
    source:
      elsewhere.length > 0
        ? 'the other facts given'
        : `the prompt itself; no other facts were given${taught ? ', and no relation of the model’s facts asks in these words' : ''}`,
  };
}

/** The relation whose phrasings have this prompt, else the one that tells the previous answer of this subject. */
export function relationOf(fact: Fact, taught: Taught): string | undefined {
  const byPrompt = Object.entries(taught.relations)
    .filter(([, { templates }]) => templates.includes(fact.prompt))
    .map(([name]) => name);
  const ofSubject = taught.facts.filter((one) => one.subject === fact.subject);
  return (
    byPrompt.find((name) => ofSubject.some((one) => one.relation === name)) ??
    byPrompt[0] ??
    (fact.previousTarget === undefined ? undefined : ofSubject.find((one) => one.object === fact.previousTarget)?.relation)
  );
}
