import { describe, expect, it } from 'vitest';
import type { EditReport, FactReport, Fate } from '../../../../shared/contract/edits.ts';
import { percent, plainNumber } from '../../../../renderer/format.ts';
import { materialRows } from '../../../../shared/material.ts';
import { factsShown, headline, meters, verdictCounts } from '../../../../renderer/components/report/summary.ts';

const outcome = (prompt: string, good: boolean) => ({ prompt, before: {}, after: {}, good });
const neighbor = (fate: Fate) => ({ ...outcome('n', fate === 'kept'), fate });

function fact(subject: string, verdict: FactReport['verdict'], parts: Partial<FactReport> = {}): FactReport {
  return {
    fact: { subject, prompt: '{} is in', target: 'Rome' },
    rewrite: outcome('p', true),
    paraphrases: [outcome('q', true)],
    neighbors: [neighbor('kept')],
    efficacy: 1,
    verdict,
    says: '',
    ...parts,
  };
}

function report(facts: FactReport[], parts: Partial<EditReport> = {}): EditReport {
  return {
    method: 'memit',
    layers: [3],
    parent: '',
    hyperparameters: [],
    covariance: { tokens: 1, text: '', cached: false, ridges: [] },
    contexts: [],
    seed: 0,
    checks: [],
    facts,
    weights: [],
    warnings: [],
    seconds: 1,
    ...parts,
  };
}

describe('headline', () => {
  it('is good only when other words and neighbours were asked', () => {
    expect(headline(report([fact('A', 'good')]))).toMatchObject({ verdict: 'good', title: 'The edit took', advice: [] });
    const untested = headline(report([fact('A', 'good', { neighbors: [] })]));
    expect(untested.verdict).toBe('untested');
    expect(untested.text).toContain('what else it changed');
  });

  it('puts harm before weakness, and counts both', () => {
    const found = headline(report([fact('A', 'harmful'), fact('B', 'weak'), fact('C', 'good')]));
    expect(found.verdict).toBe('harmful');
    expect(found.title).toBe('1 of 3 facts does harm');
    expect(found.text).toContain('One more is weak');
    expect(found.advice[0]!.title).toBe('Take fewer facts at once');
  });

  it('never says that neighbours keep their answers when one does not', () => {
    const moved = fact('A', 'shaken', { neighbors: [neighbor('kept'), neighbor('shaken'), neighbor('lost')] });
    const found = headline(report([moved]));
    expect(found).toMatchObject({ verdict: 'shaken', title: 'The edit took, and moved neighbours' });
    expect(found.text).toContain(
      'Of 3 neighbours 1 keeps its answer, 1 does with less than half of the probability, 1 is answered otherwise now.',
    );
    expect(headline(report([fact('A', 'weak', { neighbors: [neighbor('lost')] })])).text).toContain('1 is answered otherwise now');
    expect(headline(report([fact('A', 'good')])).text).toContain('The neighbour keeps its answer.');
  });

  it('an edit that fells facts of earlier ones is not good, and says so', () => {
    const fell = [{ entry: 2, subject: 'B', prompt: 'B is in', target: 'Rome' }];
    const found = headline({ ...report([fact('A', 'good')]), earlier: { inForce: 3, measured: 3, held: 3, fell } });
    expect(found).toMatchObject({ verdict: 'shaken', title: 'The edit took, and moved facts of earlier edits' });
    expect(found.text).toContain('1 fact of an earlier edit does not hold any more.');
  });

  it('says of an older report that it compared two answers', () => {
    const found = headline(report([fact('A', 'good', { neighbors: [outcome('n', true)] })]));
    expect(found.text).toContain('the own answer is likelier than the new one; this older report does not tell what the model says');
  });

  it('tells an answer that did not take from one that holds only in its own words', () => {
    expect(headline(report([fact('A', 'weak', { rewrite: outcome('p', false) })])).text).toContain('did not take');
    expect(headline(report([fact('A', 'weak')])).text).toContain('not in other words');
  });

  it('offers the other method, never the one that was used', () => {
    const titles = (method: 'memit' | 'rome') =>
      headline(report([fact('A', 'weak', { rewrite: outcome('p', false) })], { method })).advice.map(({ title }) => title);
    expect(titles('memit')).toContain('Use ROME');
    expect(titles('rome')).not.toContain('Use ROME');
  });

  it('is weak when a check failed though every fact passed', () => {
    const found = headline(report([fact('A', 'good')], { checks: [{ name: 'kept', value: 0.5, threshold: 0.7, passed: false }] }));
    expect(found).toMatchObject({ verdict: 'weak' });
    expect(found.text).toContain('Neighbours kept');
  });
});

describe('meters', () => {
  it('keeps an order of its own and loses no check', () => {
    const found = meters([
      { name: 'drift', value: 0.01 },
      { name: 'something new', value: 2 },
      { name: 'efficacy', value: 1, before: 0, threshold: 0.9, passed: true, count: 3 },
    ]);
    expect(found.map(({ name, kind }) => [name, kind])).toEqual([
      ['efficacy', 'share'],
      ['drift', 'number'],
      ['something new', 'number'],
    ]);
    expect(found[0]).toMatchObject({ before: 0, threshold: 0.9, passed: true, count: 3 });
  });
});

describe('factsShown', () => {
  const facts = [
    fact('B', 'good'),
    fact('C', 'weak', { paraphrases: [outcome('q', true), outcome('r', false)] }),
    fact('A', 'harmful', { answerAfter: 'Oslo' }),
    fact('D', 'weak', { paraphrases: [outcome('q', false)] }),
  ];
  const subjects = (...parts: [Parameters<typeof factsShown>[1], Parameters<typeof factsShown>[2], string?]) =>
    factsShown(facts, ...parts)
      .map(({ report: one }) => one.fact.subject)
      .join('');

  it('filters and counts by verdict', () => {
    expect(subjects('weak', 'given')).toBe('CD');
    expect(verdictCounts(facts)).toEqual({ all: 4, good: 1, shaken: 0, weak: 2, harmful: 1 });
  });

  it('sorts the worst first, or by subject', () => {
    expect(subjects('all', 'worst')).toBe('ADCB');
    expect(subjects('all', 'subject')).toBe('ABCD');
    expect(subjects('all', 'given')).toBe('BCAD');
  });

  it('finds words in what the model answers', () => {
    expect(subjects('all', 'given', 'oslo')).toBe('A');
  });
});

describe('numbers', () => {
  it('keep three digits', () => {
    expect([0, 0.0123456, 1234.5, 0.00000432].map(plainNumber)).toEqual(['0', '0.0123', '1,235', '4.3 · 10⁻⁶']);
    // Two values beside each other have alike many digits.
    expect([2.4, 2.43, 0.03, 0.000872].map(plainNumber)).toEqual(['2.40', '2.43', '0.0300', '0.000872']);
    expect([0, 1, 0.813, 0.9999999].map((share) => percent(share))).toEqual(['0%', '100%', '81.3%', '>99.9%']);
  });
});

describe('other facts about the subject', () => {
  it('are told in the headline, and no edit that moved them is called good', () => {
    const moved = fact('A', 'shaken', { sameSubject: [neighbor('kept'), neighbor('lost')] });
    expect(headline(report([moved]))).toMatchObject({
      verdict: 'shaken',
      title: 'The edit took, and moved other facts about the subject',
      text: expect.stringContaining('Of 2 other facts about the subject 1 is answered otherwise now.') as string,
    });
    const kept = headline(report([fact('A', 'good', { sameSubject: [neighbor('kept'), neighbor('kept')] })]));
    expect(kept).toMatchObject({ verdict: 'good', text: expect.stringContaining('So do all 2 other facts about the subject.') as string });
  });
});

describe('what the cases of a measure are', () => {
  it('is said by the measure: facts, prompts or texts', () => {
    const found = meters(['specificity', 'drift', 'perplexity', 'of another release'].map((name) => ({ name, value: 1, count: 1 })));
    expect(found.map(({ name, counts }) => [name, counts])).toEqual([
      ['specificity', 'fact'],
      ['drift', 'prompt'],
      ['perplexity', 'text'],
      ['of another release', 'case'],
    ]);
  });
});

describe('materialRows', () => {
  it('names what was measured with its number and origin, and what was not', () => {
    const rows = materialRows([
      { what: 'neighbors', count: 6, from: 'a list', sure: 5 },
      { what: 'perplexity', count: 1, from: 'the file a.txt' },
    ]);
    expect(rows.map(({ what, count, isMissing }) => [what, count, isMissing])).toEqual([
      ['Other wordings', 'none', true],
      ['Neighbours', '6 prompts', false],
      ['Other facts about the subject', 'none', true],
      ['Drift', 'none', true],
      ['Perplexity', '1 text', false],
    ]);
    expect(rows[1]!.from).toBe('A list; the model was sure of 5 before');
    expect(rows[0]!.from).toContain('holds when asked differently');
  });
});
