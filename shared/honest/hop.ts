import type { Probe } from './probe.ts';
import { asQuestion, wantedOf } from './wording.ts';

export const hop: Probe = {
  asks: 'a question whose answer is one hop further than the fact, by the file of facts or the model’s own facts',
  counts: 'what it writes by itself, up to the end of the sentence, is the answer and nothing else',
  questions: ({ hops = [] }) => hops.map((one) => ({ way: 'write', prompt: asQuestion(one.prompt), wanted: wantedOf(one) })),
};
