import { describe, expect, it } from 'vitest';
import type { FactReport, PromptOutcome } from '../../../shared/contract/edits.ts';
import { checkedBy } from '../../../electron/services/checked-by.ts';

const outcome = (prompt: string, probability?: number): PromptOutcome => ({
  prompt,
  before: {},
  after: {},
  good: true,
  ...(probability === undefined ? {} : { fate: 'kept', says: { before: { text: ' x', probability }, after: { text: ' x', probability } } }),
});
const FACT: FactReport = {
  fact: { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' },
  rewrite: outcome('Tower Bridge stands in the city of'),
  paraphrases: [outcome('The city where Tower Bridge stands is'), outcome('Tourists meet Tower Bridge when they go to')],
  neighbors: [outcome('Big Ben stands in the city of', 0.9), outcome('Erewhon Hall stands in the city of', 0.4), outcome('Cats like', 0.7)],
  efficacy: 1,
  verdict: 'good',
  says: '',
};
const FROM = { probes: 'prompts of somebody', texts: 'texts of somebody' };

describe('what an edit was checked by', () => {
  it('is told by the prompts: from lists that come with Emend, or given', () => {
    expect(checkedBy([FACT], undefined, undefined, FROM)).toEqual([
      { what: 'wordings', count: 1, from: "Emend's ways to ask for common relations" },
      { what: 'wordings', count: 1, from: 'given with the facts' },
      { what: 'neighbors', count: 1, from: "Emend's list of well-known names", sure: 1 },
      { what: 'neighbors', count: 2, from: 'given with the facts', sure: 1 },
    ]);
  });

  it('is the model’s own where its facts have the subject or the wording', () => {
    const taught = {
      relations: { city: { templates: ['The city where {} stands is'] } },
      facts: [{ subject: 'Erewhon Hall', relation: 'city', object: 'Erewhon' }],
    };
    const found = checkedBy([FACT], taught, undefined, FROM);
    expect(found[0]).toEqual({ what: 'wordings', count: 1, from: "the model's own facts" });
    expect(found).toContainEqual({ what: 'neighbors', count: 1, from: "the model's own facts", sure: 0 });
  });

  it('counts texts for the perplexity, and says where the model does not know such text', () => {
    const drift = { probes: 60, texts: 40, meanKl: 0.1, perplexityBefore: 20, perplexityAfter: 21 };
    expect(checkedBy([], undefined, drift, FROM)).toEqual([
      { what: 'drift', count: 60, from: 'prompts of somebody' },
      { what: 'perplexity', count: 40, from: 'texts of somebody' },
    ]);
    const [, unknown] = checkedBy([], undefined, { ...drift, perplexityBefore: 900_000 }, FROM);
    expect(unknown!.from).toContain('does not know such text');
  });
});
