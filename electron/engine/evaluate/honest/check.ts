import type { HonestAnswer, HonestOutcome, HonestReport } from '../../../../shared/contract/honest.ts';
import type { Fact } from '../../../../shared/fact.ts';
import { given } from '../../../../shared/given.ts';
import { questionsOf } from '../../../../shared/honest/index.ts';
import { WAYS } from '../../../../shared/honest/probe.ts';
import { inContext } from '../../../../shared/honest/wording.ts';
import type { Report } from '../../../../shared/progress.ts';
import type { Asker } from './asker.ts';
import { lookedFor, SIDES, type Side } from './sides.ts';
import { WAYS_TO_ASK } from './ways/index.ts';
import type { Put } from './ways/way.ts';

/** WILD's max_new_tokens. */
export const LIMIT = 50;
/** Questions in one go. */
const BATCH = 32;

/** A fact with what it is asked by. */
export interface HonestFact {
  readonly fact: Fact;
  /** Other answers of the kind, to choose from. */
  readonly distractors: readonly string[];
}

/**
 * Asks an edit as people ask: the answers written to their natural end, behind other text, denied, as true or false, to choose from, asked
 * again, and what follows (WILD, arXiv 2502.11177, and what it names). Each question is put to the version before too: for the old answer,
 * which shows whether the model can answer such a question at all, and with the new fact in front, which shows what no edit reaches.
 * @param now the edited version; @param before the one that it was made from
 */
export async function checkHonestly(
  { now, before }: { readonly now: Asker; readonly before: Asker },
  facts: readonly HonestFact[],
  about: Pick<HonestReport, 'limit' | 'text' | 'isChat'>,
  report: Report,
): Promise<HonestReport> {
  const asked = facts.map(({ fact, distractors }) =>
    questionsOf(fact, { distractors, text: about.text?.text, isChat: about.isChat }).map((one) => ({ ...one, fact })),
  );
  const all = asked.flat().flatMap((one) => SIDES.flatMap((side) => (lookedFor(one.question.wanted, side) ? [{ ...one, side }] : [])));
  const found = new Map<(typeof all)[number]['question'], Partial<Record<Side, HonestOutcome>>>(
    asked.flat().map(({ question }) => [question, {}]),
  );
  let done = 0;
  for (const side of SIDES)
    for (const way of WAYS) {
      const { ask, isGiven } = WAYS_TO_ASK[way];
      const some = all.filter((one) => one.side === side && one.question.way === way);
      for (let at = 0; at < some.length; at += BATCH) {
        report.check();
        const batch = some.slice(at, at + BATCH);
        const said = await ask(
          side === 'after' ? now : before,
          batch.map(({ fact, question }): Put => {
            const front = [side === 'context' ? inContext(fact) : '', question.isBehind ? (about.text?.text ?? '') : ''];
            return { front: front.filter((one) => one !== '').join(' '), prompt: question.prompt, options: question.options ?? [] };
          }),
        );
        batch.forEach(({ question }, n) => {
          const { wanted, unwanted } = lookedFor(question.wanted, side)!;
          found.get(question)![side] = { ...said[n]!, given: isGiven(said[n]!, wanted, unwanted) };
        });
        report.progress('honest', (done += batch.length), all.length);
      }
    }
  return {
    limit: about.limit,
    ...given({ text: about.text }),
    isChat: about.isChat,
    facts: facts.map(({ fact }, at) => ({
      fact: factAsked(fact),
      context: inContext(fact),
      answers: asked[at]!.map(({ probe, question }) => answerOf(probe, question, found.get(question)!)),
    })),
  };
}

/** What of a fact its questions are made of. */
export function factAsked(fact: Fact): HonestReport['facts'][number]['fact'] {
  const { subject, prompt, target, aliases, previousTarget, previousAliases, implied, hops } = fact;
  return { subject, prompt, target, ...given({ aliases, previousTarget, previousAliases, implied, hops }) };
}

type Asked = ReturnType<typeof questionsOf>[number];

function answerOf(probe: Asked['probe'], question: Asked['question'], found: Partial<Record<Side, HonestOutcome>>): HonestAnswer {
  return { probe, ...askedOf(question), ...given({ before: found.before }), context: found.context!, after: found.after! };
}

/** A question as reports have it. */
export function askedOf({ way, prompt, isBehind, options, wanted }: Asked['question']): Omit<HonestAnswer, 'probe' | Side> {
  return {
    way,
    prompt,
    ...given({ isBehind }),
    ...(options && { options: [...options] }),
    wanted: { ...(wanted.before && { before: [...wanted.before] }), after: [...wanted.after] },
  };
}
