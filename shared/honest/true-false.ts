import type { Probe, Question } from './probe.ts';
import { statement } from './wording.ts';

const OPTIONS = ['True', 'False'] as const;

export const trueFalse: Probe = {
  asks: '“True or false:”, the statement with the new answer, “Answer:”; and the same with the old answer',
  counts: 'of the words True and False the right one is likelier',
  chance: '50 %',
  questions: (fact) => {
    const { target, previousTarget } = fact;
    const ask = (answer: string, after: string, before: string | undefined): Question[] => {
      const said = statement(fact, answer);
      if (said === undefined) return [];
      const wanted = { ...(before !== undefined && { before: [before] }), after: [after] };
      return [{ way: 'choose', prompt: `True or false: ${said} Answer:`, options: OPTIONS, wanted }];
    };
    if (previousTarget === undefined || previousTarget.trim() === '') return ask(target, 'True', undefined);
    return [...ask(target, 'True', 'False'), ...ask(previousTarget, 'False', 'True')];
  },
};
