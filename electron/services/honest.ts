import type { Check } from '../../shared/contract/edits.ts';
import type { HonestReport } from '../../shared/contract/honest.ts';
import { fillPrompt, type Fact, type Further } from '../../shared/fact.ts';
import { given } from '../../shared/given.ts';
import { DISTRACTORS } from '../../shared/honest/choice.ts';
import { honestRows } from '../../shared/honest/rows.ts';
import type { Follow } from '../../shared/progress.ts';
import type { HonestFact, Jobs, ModelRef } from '../engine/jobs.ts';
import type { JobRunner } from './jobs.ts';
import { spread } from './drift.ts';
import type { Material } from './models.ts';
import { readTaught, relationOf, type Taught } from './suggest.ts';
import neutral from './suggesting/neutral.json' with { type: 'json' };
import { relationAskedFor } from './suggesting/relations.ts';

/** What is asked of which versions. */
export interface HonestAsked {
  readonly model: ModelRef;
  /** The version before; without it the same without its delta. */
  readonly baseline?: ModelRef | undefined;
  readonly facts: readonly Fact[];
  /** Facts of the same report that are asked apart. */
  readonly among?: readonly Fact[] | undefined;
  /** What came with the model. */
  readonly material: Material | undefined;
}

/** Asks facts of a version as people ask, beside the version before. */
export async function askHonestly(engine: JobRunner, asked: HonestAsked, follow: Follow): Promise<HonestReport> {
  const { model, baseline, facts, among, material } = asked;
  const taught = material && (await readTaught(material.facts));
  const params = { model, facts: honestFacts(facts, taught), sentences: neutral.texts, ...given({ baseline, among }) };
  return engine.run('honest', params, follow);
}

/** What an honest check measured, as entries keep it. What the version before answered is another question: the report has it. */
export function honestChecks(honest: HonestReport | undefined): Check[] {
  return honest ? honestRows(honest).map(({ probe, after, facts }) => ({ name: probe, value: after, count: facts })) : [];
}

/** Facts with what they are asked by beside themselves: other answers of the kind, and what the model's own facts say one hop further. */
export function honestFacts(facts: readonly Fact[], taught: Taught | undefined): HonestFact[] {
  return facts.map((fact) => {
    const hops = [...(fact.hops ?? []), ...(taught ? taughtHops(fact, taught) : [])];
    return { fact: { ...fact, ...(hops.length > 0 && { hops }) }, distractors: distractors(fact, facts, taught) };
  });
}

/** Answers to the same question about other subjects: of the model's own facts, else of the other facts and of the neighbours. */
function distractors(fact: Fact, facts: readonly Fact[], taught: Taught | undefined): string[] {
  const relation = taught && relationOf(fact, taught);
  const known = taught && relation !== undefined ? taught.facts.filter((one) => one.relation === relation).map(({ object }) => object) : [];
  const beside = facts.filter((one) => one.prompt === fact.prompt || (one.relation !== undefined && one.relation === fact.relation));
  const others = [
    ...beside.flatMap(({ target, previousTarget }) => [target, ...(previousTarget === undefined ? [] : [previousTarget])]),
    ...[...(fact.neighbors ?? []), ...(fact.told?.neighbors ?? [])].flatMap((one) => (typeof one === 'string' ? [] : (one.target ?? []))),
  ];
  const own = new Set([fact.target, fact.previousTarget, ...(fact.aliases ?? []), ...(fact.previousAliases ?? [])].map(plain));
  const usable = (all: readonly string[]) => [...new Set(all.map((one) => one.trim()))].filter((one) => one !== '' && !own.has(plain(one)));
  const [first, second] = [usable(known), usable(others)];
  return spread(first.length >= DISTRACTORS ? first : [...new Set([...first, ...second])], DISTRACTORS);
}

/** What was chosen from beside the new and the old answer, as the first of the questions has it. */
export function distractorsIn({ target, previousTarget }: Told['fact'], answers: Told['answers']): string[] {
  const first = answers.find(({ probe }) => probe === 'multiple choice');
  return (first?.options ?? []).filter((one) => one !== target && one !== previousTarget);
}
type Told = HonestReport['facts'][number];

/** The same questions again, with the same text in front. */
export function askedAgain({ facts, text }: HonestReport): Pick<Jobs['honest']['params'], 'facts' | 'sentences'> {
  return {
    facts: facts.map(({ fact, answers }) => ({ fact, distractors: distractorsIn(fact, answers) })),
    sentences: text === undefined ? [] : [text.text],
  };
}

function plain(name: string | undefined): string {
  return (name ?? '').trim().toLowerCase();
}

/** So many facts must bear it out that one relation follows from two others, without an exception. */
const BORNE_OUT = 20;

/**
 * What the model's own facts make follow from the new answer: where every landmark stands in the country of its city, one that is moved to
 * another city stands in that one's country. Only of relations that tell of one place ({@link relationAskedFor}).
 */
function taughtHops(fact: Fact, taught: Taught): Further[] {
  const relation = relationOf(fact, taught);
  if (relation === undefined) return [];
  const by = byRelation(taught);
  const own = by.get(relation);
  const tells = tellsOf(relation, taught);
  if (own === undefined || tells === undefined) return [];
  return [...by].flatMap(([further, furtherOf]): Further[] => {
    const template = taught.relations[further]?.templates[0];
    if (template === undefined || further === relation || tellsOf(further, taught) !== tells) return [];
    for (const [, link] of by) {
      const chains = [...own].flatMap(([subject, object]) => {
        const [ends, told] = [link.get(object), furtherOf.get(subject)];
        return ends === undefined || told === undefined ? [] : [ends === told];
      });
      const target = link.get(fact.target);
      if (target === undefined || chains.length < BORNE_OUT || chains.includes(false)) continue;
      const before = furtherOf.get(fact.subject);
      if (before === target) return []; // it stays as it was, which shows no hop
      return [{ prompt: fillPrompt(template, fact.subject).text, target, ...given({ previousTarget: before }) }];
    }
    return [];
  });
}

function byRelation({ facts }: Taught): Map<string, Map<string, string>> {
  const by = new Map<string, Map<string, string>>();
  for (const { relation, subject, object } of facts) by.set(relation, (by.get(relation) ?? new Map<string, string>()).set(subject, object));
  return by;
}

/** What a relation tells of, by the first of its wordings that is known to ask for something. */
function tellsOf(relation: string, { relations }: Taught): string | undefined {
  return relations[relation]?.templates.map((one) => relationAskedFor(one, [])?.tells).find((one) => one !== undefined);
}
