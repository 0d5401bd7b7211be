import { fillPrompt } from '../../../shared/fact.ts';
import { Random } from '../runtime/sampling.ts';
import { joinTarget } from '../text/positions.ts';
import type { LabelledText } from './texts.ts';
import { permutation } from './units.ts';

/** A fact as sentences tell it: each of the prompts has one {} for the subject. */
export interface ToldFact {
  readonly subject: string;
  /** What the subject is: country, person. */
  readonly kind?: string | undefined;
  readonly relation?: string | undefined;
  readonly object: string;
  readonly prompts: readonly string[];
}

/** Objects of a relation are of a kind when this share of them are known as its subjects. */
const KNOWN = 0.25;
/** Relations have objects of one class when they share this much of the shorter list. */
const ALIKE = 0.5;

/**
 * Sentences of facts with their concepts: the subject's kind, the class of the object, and the relation for all other words.
 * One sentence for each fact and prompt, in a random order.
 * @param most sentences
 */
export function factTexts(facts: readonly ToldFact[], seed: number, most = Infinity): LabelledText[] {
  const classes = classesOf(facts);
  const sentences = facts.flatMap((fact) => fact.prompts.map((prompt) => ({ fact, prompt })));
  const order = [...permutation(sentences.length, new Random(seed))].slice(0, most);
  return order.map((at) => {
    const { fact, prompt } = sentences[at]!;
    const subject = fillPrompt(prompt, fact.subject);
    const { text, targetStart } = joinTarget(subject.text, fact.object);
    const start = text.length - fact.object.trimStart().length;
    const { kind = fact.relation, relation } = fact;
    const of = relation === undefined ? undefined : classes.get(relation);
    return {
      text: `${text.trimEnd()}.`,
      labels: [
        ...(kind === undefined ? [] : [{ category: 'subject', name: kind, start: subject.start, end: subject.end }]),
        ...(of === undefined ? [] : [{ category: 'object', name: of, start, end: text.trimEnd().length }]),
      ],
      ...(relation === undefined ? {} : { rest: { category: 'relation', name: relation } }),
      answer: { start: targetStart, end: text.trimEnd().length },
    };
  });
}

/**
 * What the objects of each relation are: the kind that they have as subjects, where enough of them are subjects; else they are
 * called by the shortest name among the relations that have the same objects.
 */
export function classesOf(facts: readonly ToldFact[]): Map<string, string> {
  const kinds = new Map<string, string>();
  for (const { subject, kind } of facts) if (kind !== undefined) kinds.set(subject, kind);
  const objects = new Map<string, Set<string>>();
  for (const { relation, object } of facts) {
    if (relation === undefined) continue;
    if (!objects.has(relation)) objects.set(relation, new Set());
    objects.get(relation)!.add(object);
  }
  const classes = new Map<string, string>();
  for (const [relation, own] of objects) {
    const counts = new Map<string, number>();
    for (const object of own) {
      const kind = kinds.get(object);
      if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const [kind, count] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? ['', 0];
    if (count >= KNOWN * own.size) {
      classes.set(relation, kind);
      continue;
    }
    const alike = [...objects].filter(([, other]) => {
      const shared = [...own].filter((object) => other.has(object)).length;
      return shared >= ALIKE * Math.min(own.size, other.size);
    });
    const names = alike.map(([name]) => name).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    classes.set(relation, names[0]!);
  }
  return classes;
}
