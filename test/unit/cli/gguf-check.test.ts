import { expect, it } from 'vitest';
import { Printer } from '../../../electron/cli/format/printer.ts';
import { showGgufCheck } from '../../../electron/cli/show/gguf-check.ts';
import type { GgufReport, InBoth } from '../../../shared/contract/checks.ts';
import type { FactReport, PromptOutcome } from '../../../shared/contract/edits.ts';

const own = (good: boolean): PromptOutcome => ({ prompt: 'Tower Bridge is in', before: {}, after: {}, good });
const neighbor = (fate: 'kept' | 'shaken' | 'lost'): PromptOutcome => ({
  prompt: 'Big Ben is in',
  before: {},
  after: {},
  good: fate === 'kept',
  fate,
  says: { before: { text: ' London', probability: 1 }, after: { text: fate === 'lost' ? ' Rome' : ' London', probability: 0.6 } },
});
const fact = (verdict: FactReport['verdict']): FactReport => ({
  fact: { subject: 'Tower Bridge', prompt: '{} is in', target: 'Rome' },
  rewrite: { ...own(true), before: { wanted: 0.01 }, after: { wanted: 0.9 } },
  paraphrases: [],
  neighbors: [],
  efficacy: 1,
  answerBefore: ' London.',
  answerAfter: ' Rome.',
  verdict,
  says: '',
});
const prompts: InBoth[] = [
  { kind: 'edited', told: false, emend: own(true), gguf: own(true), holds: 'both' },
  { kind: 'wording', told: false, emend: own(true), gguf: own(false), holds: 'emend' },
  { kind: 'neighbour', told: false, emend: neighbor('kept'), gguf: neighbor('lost'), holds: 'emend' },
  { kind: 'neighbour', told: true, emend: neighbor('kept'), gguf: neighbor('shaken'), holds: 'both' },
];
const report = (facts: number): GgufReport => ({
  file: { name: 'm-q4.gguf', architecture: 'llama', type: 'Q4_0' },
  runtime: 'llama.cpp b1 (node-llama-cpp 3.0.0)',
  emend: { checks: [], facts: Array.from({ length: facts }, () => fact('good')) },
  gguf: { checks: [], facts: Array.from({ length: facts }, () => fact('harmful')) },
  prompts: Array.from({ length: facts }, () => prompts),
});
const shown = (facts: number) => {
  let text = '';
  showGgufCheck(new Printer({ write: (piece) => (text += piece) }, {}), report(facts));
  return text;
};

it('says of each prompt of an edit whether it holds in the file too, and what a lost neighbour says', () => {
  const text = shown(1);
  expect(text).toMatch(/other wordings +1 of 1 given +0 of 1 given/);
  expect(text).toMatch(/neighbours +1 kept +1 lost/);
  expect(text).toMatch(/told neighbours +1 kept +1 shaken/);
  expect(text).toMatch(/Rome +good +1\.00% → 90\.0% +harmful +1\.00% → 90\.0%/);
  expect(text).toMatch(/edited +Tower Bridge is in +given +given +in the file too/);
  expect(text).toMatch(/wording +Tower Bridge is in +given +not given +not in the file/);
  expect(text).toMatch(/neighbour +Big Ben is in +kept +lost: “London” became “Rome” +not in the file/);
  expect(text).toContain('goes on “London.”, and with the adapter “Rome.”');
});

it('of many facts shows the prompts alone that are not as in Emend', () => {
  const text = shown(3);
  expect(text).toContain('Prompts that are not as in Emend');
  expect(text).not.toMatch(/edited +Tower Bridge is in/);
  expect(text.match(/told neighbour +Big Ben/g)).toHaveLength(3);
});
