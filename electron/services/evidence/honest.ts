import type { HonestReport } from '../../../shared/contract/honest.ts';
import type { Fact } from '../../../shared/fact.ts';
import { given } from '../../../shared/given.ts';
import { questionsOf } from '../../../shared/honest/index.ts';
import { inContext } from '../../../shared/honest/wording.ts';
import { isHonestMeasure } from '../../../shared/measures.ts';
import { askedOf, factAsked, misjudged } from '../../engine/records.ts';
import type { CheckResult } from '../../ledger/bodies.ts';
import { distractorsIn, honestChecks } from '../honest.ts';
import type { Pair } from './pairs.ts';

/**
 * What an honest check states twice: its questions follow from the facts, whether an answer was given follows from what came, and the
 * checks are its shares.
 * @param facts of the report that it is in
 * @param isWhole whether those are all that is known of the facts; a check keeps of them what tells them apart
 */
export function honestPairs(
  honest: HonestReport | undefined,
  facts: readonly Fact[],
  checks: readonly CheckResult[],
  isWhole: boolean,
): Pair[] {
  const told = checks.filter(({ name }) => isHonestMeasure(name)).map(({ name, value, count }) => ({ name, value, count }));
  const pair = { what: 'the checks of how people ask and the answers in the report', one: told, other: honestChecks(honest) };
  if (!honest) return [pair];
  return [
    pair,
    {
      what: 'the facts that were asked as people ask and those of the report',
      one: honest.facts.map(({ fact }) => ({ ...factAsked(fact), hops: [] })),
      other: facts.map((fact, at) => ({ ...(isWhole ? {} : furtherIn(honest.facts[at]?.fact)), ...factAsked(fact), hops: [] })),
    },
    {
      what: 'what is one hop further in the answers and in the facts of the report',
      one: honest.facts.every(({ fact }, at) => (facts[at]?.hops ?? []).every((hop, n) => same(hop, fact.hops?.[n]))),
      other: true,
    },
    ...honest.facts.flatMap(({ fact, context, answers }): Pair[] => [
      { what: 'what a fact was told by and the fact', one: context, other: inContext(fact) },
      {
        what: 'the questions that were asked as people ask and their fact',
        one: answers.map(({ probe, way, prompt, isBehind, options, wanted }) => ({
          probe,
          ...askedOf({ way, prompt, wanted, ...(isBehind && { isBehind }), ...(options && { options }) }),
        })),
        other: questionsOf(fact, { isChat: honest.isChat, text: honest.text?.text, distractors: distractorsIn(fact, answers) }).map(
          ({ probe, question }) => ({ probe, ...askedOf(question) }),
        ),
      },
      { what: 'what was answered and whether it counts', one: answers.flatMap((answer) => misjudged(answer) ?? []), other: [] },
    ]),
  ];
}

type Told = HonestReport['facts'][number];

function furtherIn(fact: Told['fact'] | undefined): Partial<Told['fact']> {
  const { aliases, previousAliases, implied } = fact ?? {};
  return given({ aliases, previousAliases, implied });
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
