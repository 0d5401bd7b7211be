import type { Probe } from './probe.ts';
import { asked, wantedOf } from './wording.ts';

export const free: Probe = {
  asks: 'the fact’s own prompt',
  counts: 'what it writes by itself, up to the end of the sentence, is the answer and nothing else',
  questions: (fact) => [{ way: 'write', prompt: asked(fact), wanted: wantedOf(fact) }],
};
