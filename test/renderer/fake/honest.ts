import type { HonestAnswer, HonestOutcome, HonestReport } from '../../../shared/contract/honest.ts';
import type { Fact } from '../../../shared/fact.ts';
import { given } from '../../../shared/given.ts';
import { questionsOf } from '../../../shared/honest/index.ts';
import type { Question } from '../../../shared/honest/probe.ts';
import { inContext } from '../../../shared/honest/wording.ts';

const TEXT = 'The kettle began to sing, and she set two cups on the table beside the window. He closed the door quietly.';

/** An honest check as if a model had been asked that understands no denial and no “True or false”. */
export function fakeHonest(facts: readonly Fact[], isChat = false): HonestReport {
  return {
    limit: 50,
    text: { text: TEXT, tokens: 24 },
    isChat,
    facts: facts.map((fact, at) => ({
      fact: told(fact),
      context: inContext(fact),
      answers: questionsOf(fact, { text: TEXT, distractors: ['Vienna', 'Oslo'], isChat }).map(({ probe, question }) =>
        answerTo(probe, question, at),
      ),
    })),
  };
}

function told({ subject, prompt, target, previousTarget, hops }: Fact) {
  return { subject, prompt, target, ...given({ previousTarget, hops }) };
}

function answerTo(probe: string, question: Question, at: number): HonestAnswer {
  const { way, prompt, isBehind, options, wanted } = question;
  const outcome = (answers: readonly string[], isTaken: boolean): HonestOutcome => {
    if (way === 'choose') {
      const says = options![0] === 'True' ? 'False' : isTaken ? answers[0]! : options!.find((one) => !answers.includes(one))!;
      return { says, given: answers.includes(says), chances: options!.map((one) => (one === says ? -0.2 : -3.1)) };
    }
    const says = isTaken ? answers[0]! : 'London, where it was built in 1894 and';
    const ended = isTaken ? ('sentence' as const) : ('limit' as const);
    return { says: isTaken ? `${says}.` : says, given: isTaken, ended, ...(way === 'talk' && { first: says }) };
  };
  const { before, after } = wanted;
  return {
    probe,
    way,
    prompt,
    ...(isBehind && { isBehind }),
    ...(options && { options: [...options] }),
    wanted: { ...(before && { before: [...before] }), after: [...after] },
    ...(before && { before: outcome(before, true) }),
    context: outcome(after, at % 3 === 0),
    after: outcome(after, probe !== 'behind text' || at % 2 === 0),
  };
}
