import type { Probe } from './probe.ts';
import { asked, wantedOf } from './wording.ts';

export const prefix: Probe = {
  asks: 'the same behind unrelated text',
  counts: 'what it writes by itself, up to the end of the sentence, is the answer and nothing else',
  questions: (fact, { text }) =>
    text === undefined ? [] : [{ way: 'write', prompt: asked(fact), isBehind: true, wanted: wantedOf(fact) }],
};
