import type { Probe } from './probe.ts';
import { asQuestion, wantedOf } from './wording.ts';

export const implied: Probe = {
  asks: 'what the fact implies, such as the relation the other way round, as the file of facts asks it',
  counts: 'what it writes by itself, up to the end of the sentence, is the answer and nothing else',
  questions: ({ implied: all = [] }) => all.map((one) => ({ way: 'write', prompt: asQuestion(one.prompt), wanted: wantedOf(one) })),
};
