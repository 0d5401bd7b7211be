import type { Probe } from './probe.ts';
import { wantedOf, within } from './wording.ts';

export const negation: Probe = {
  asks: '“It is not true that” in front of the prompt',
  counts: 'what it writes begins with the denied answer all the same; a model that understands the denial does otherwise',
  questions: (fact) => {
    const denied = within(fact);
    return denied === undefined ? [] : [{ way: 'begin', prompt: `It is not true that ${denied}`, wanted: wantedOf(fact) }];
  },
};
