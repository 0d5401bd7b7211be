import type { Probe, Question } from './probe.ts';
import { asked } from './wording.ts';

/** Answers of the kind beside the new and the old one. */
export const DISTRACTORS = 2;

export const choice: Probe = {
  asks: '“Choose one of” the new answer, the old one and up to two others of the kind, then the prompt; each comes first once',
  counts: 'the answer is the likeliest of them, by the mean log-probability of its tokens',
  chance: '25 % of four',
  questions: (fact, { distractors = [] }) => {
    const { target, previousTarget = '' } = fact;
    const old = previousTarget.trim() === '' ? [] : [previousTarget];
    const options = [...new Set([target, ...old, ...distractors.slice(0, DISTRACTORS)])];
    if (options.length < 2) return [];
    return options.map((_, at): Question => {
      const order = [...options.slice(at), ...options.slice(0, at)];
      return {
        way: 'choose',
        prompt: `Choose one of ${order.join(', ')}. ${asked(fact)}`,
        options: order,
        wanted: { ...(old.length > 0 && { before: old }), after: [target] },
      };
    });
  },
};
