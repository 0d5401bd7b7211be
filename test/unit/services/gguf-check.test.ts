import { expect, it } from 'vitest';
import type { Jobs } from '../../../electron/engine/jobs.ts';
import { inBoth, remarks } from '../../../electron/services/gguf-check.ts';
import type { FactReport, Fate, PromptOutcome } from '../../../shared/contract/edits.ts';

const own = (prompt: string, good: boolean): PromptOutcome => ({ prompt, before: {}, after: {}, good });
const neighbor = (fate: Fate, before = ' London'): PromptOutcome => ({
  ...own('Big Ben is in', fate === 'kept'),
  expected: 'London',
  fate,
  says: { before: { text: before, probability: 1 }, after: { text: ' Rome', probability: 1 } },
});
const report = (rewrite: boolean, wording: boolean, told: boolean, ...neighbors: PromptOutcome[]): FactReport => ({
  fact: { subject: 'x', prompt: '{} is in', target: 'Rome' },
  rewrite: own('x is in', rewrite),
  paraphrases: [own('x lies in', wording)],
  neighbors,
  told: { paraphrases: [own('x stands in', told)], neighbors: [] },
  efficacy: 1,
  verdict: 'good',
  says: '',
});

it('says where each prompt holds; a neighbour that is shaken answers as before', () => {
  const emend = report(true, true, false, neighbor('kept'), neighbor('lost'));
  const inFile = report(true, false, true, neighbor('shaken'), neighbor('lost'));
  expect(inBoth(emend, inFile).map(({ kind, told, holds }) => [kind, told, holds])).toEqual([
    ['edited', false, 'both'],
    ['wording', false, 'emend'],
    ['wording', true, 'gguf'],
    ['neighbour', false, 'both'],
    ['neighbour', false, 'neither'],
  ]);
});

it('warns of what is not the edit’s doing: another tokenizer, answers that the file lost by itself', () => {
  const asked = {
    file: { name: 'm.gguf', architecture: 'llama', type: 'Q4_0' },
    texts: 9,
    cutOtherwise: 0,
  } as unknown as Jobs['ggufCheck']['result'];
  const facts = [report(true, true, true, neighbor('kept'), neighbor('kept'))];
  expect(remarks(asked, facts, facts)).toEqual([]);
  const forgetful = [report(true, true, true, neighbor('kept'), neighbor('kept', ' Paris'))];
  expect(remarks(asked, facts, forgetful)).toEqual([
    expect.stringContaining('answers 2 neighbours as expected, m.gguf (Q4_0) without the adapter 1 of these'),
  ]);
  expect(remarks({ ...asked, cutOtherwise: 3 }, facts, facts)).toEqual([expect.stringContaining('cuts 3 of 9 texts into other tokens')]);
});
