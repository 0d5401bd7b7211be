import { findText } from '../../../shared/characters.ts';
import { askedBy, fillPrompt, fillWording, type Fact, type Neighbor } from '../../../shared/fact.ts';
import { untold } from '../../../shared/told.ts';
import { spread } from '../drift.ts';
import { relationOf, subjectsLike, type Taught } from '../suggest.ts';

/**
 * Facts with other subjects of their relations for the edit to hold, asked as the facts are. Subjects that are edited, and those that an
 * edit is checked by, are left out: what was held proves nothing. What a fact brings with it of this is replaced.
 * @param most for each fact; 0 takes away what they bring
 * @param earlier facts of edits in force, which an edit holds by itself and is checked by
 */
export function withBackground(
  facts: readonly Fact[],
  most: number,
  taught: Taught | undefined,
  earlier: readonly Pick<Fact, 'subject'>[] = [],
): Fact[] {
  if (most === 0) return facts.map((fact) => untold(fact, 'background'));
  const apart = [...facts.flatMap(checkedOf), ...[...facts, ...earlier].map(({ subject }) => subject)];
  const free = new Map<string, boolean>();
  const isFree = (name: string) => {
    const known = free.get(name) ?? apart.every((text) => findText(text, name).length === 0 && findText(name, text).length === 0);
    free.set(name, known);
    return known;
  };
  return facts.map((fact) => {
    const names = [...new Set(subjectsOf(fact, taught))].filter(isFree);
    const background = spread(names, most).map((name) => fillPrompt(fact.prompt, name).text);
    return { ...fact, told: { ...(fact.told ?? { wordings: [], neighbors: [] }), background } };
  });
}

/** The prompts that check a fact, and those that are held anyhow. */
function checkedOf({ subject, paraphrases = [], neighbors = [], sameSubject = [], follows = [], told }: Fact): string[] {
  const questions: readonly Neighbor[] = [
    ...neighbors,
    ...sameSubject,
    ...follows,
    ...(told?.neighbors ?? []),
    ...(told?.sameSubject ?? []),
  ];
  return [...paraphrases.map((one) => fillWording(one, subject)), ...questions.map(askedBy)];
}

/** Subjects of the fact's relation: the model's own, else well-known names of its kind. */
function subjectsOf(fact: Fact, taught: Taught | undefined): readonly string[] {
  const relation = taught && relationOf(fact, taught);
  if (taught === undefined || relation === undefined) return subjectsLike(fact).names;
  return taught.facts.filter((one) => one.relation === relation).map(({ subject }) => subject);
}
