import { describe, expect, it } from 'vitest';
import type { CheckReport, RecordReport } from '../../../electron/engine/records.ts';
import { checkedFact, checksOf, editReport } from '../../../electron/services/edit-report.ts';
import { DEFAULT_SETTINGS } from '../../../shared/contract/settings.ts';
import { demandedNames, factMeasureNames } from '../../../shared/measures.ts';

const { thresholds } = DEFAULT_SETTINGS;
const record = (measures: RecordReport['measures']) => ({ measures }) as RecordReport;
const report = (records: RecordReport[], drift?: CheckReport['drift']): CheckReport => ({ records, summary: {}, S: undefined, drift });
const DRIFT = { probes: 8, meanKl: 0.5, maxKl: 1, top1Changed: 0.25, perplexityBefore: 7, perplexityNow: Infinity };

it('takes every measure of facts, in the order of the list, and holds the demanded ones against their thresholds', () => {
  const all = record({
    ES: 1,
    PS: 0.5,
    NS: 0.75,
    exactMatch: 1,
    paraphraseAccuracy: 0.5,
    neighborsKept: 0.75,
    subjectKept: 0.25,
    neighborsUnchanged: 0.5,
    GE: 6,
  });
  const none = record({ ES: 0, NS: 1 });
  const checks = checksOf(report([all, none], { ...DRIFT, perplexityNow: 8 }), report([none]), thresholds);
  expect(checks.map((check) => check.name)).toEqual(factMeasureNames());
  expect(checks.filter((check) => check.threshold !== undefined).map((check) => check.name)).toEqual(demandedNames());
  expect(checks).toEqual([
    { name: 'answers', value: 1, count: 2, threshold: 0.9, passed: true },
    { name: 'wordings', value: 0.5, count: 1, threshold: 0.7, passed: false },
    { name: 'kept', value: 0.75, count: 1, threshold: 0.7, passed: true },
    { name: 'subject', value: 0.25, count: 1, threshold: 0.5, passed: false },
    { name: 'efficacy', value: 0.5, before: 0, count: 2 },
    { name: 'generalization', value: 0.5, count: 1 },
    { name: 'specificity', value: 0.875, before: 1, count: 2 },
    { name: 'neighbors unchanged', value: 0.5, count: 2 },
    { name: 'fluency', value: 6, count: 2 },
    { name: 'drift', value: 0.5, count: 8 },
    { name: 'top token changed', value: 0.25, count: 8 },
    { name: 'perplexity', value: 8, before: 7, count: 8 },
  ]);
});

it('leaves out what was not measured, and a perplexity beyond all numbers', () => {
  expect(checksOf(report([record({ rewriteAccuracy: 1 })], DRIFT), undefined, thresholds).map((check) => check.name)).toEqual([
    'answers',
    'efficacy',
    'drift',
    'top token changed',
  ]);
  expect(checksOf(report([]), undefined, thresholds)).toEqual([]);
});

describe('a fact of a report', () => {
  const score = (chance: number, tokens = 1) => ({ nll: -Math.log(chance) / tokens, correct: chance > 0.5, tokenAccuracy: 1, tokens });
  const fact = { subject: 'Eiffel Tower', prompt: 'The {} is in', target: 'Madrid', previousTarget: 'Paris' };
  const edit = { hyperparameters: [], weights: [], contexts: [], layers: [], warnings: [], covariance: { ridges: [] } } as never;
  const one = (parts: Partial<RecordReport>): RecordReport => ({
    id: '1',
    fact,
    rewrite: { prompt: 'The Eiffel Tower is in', wanted: score(0.9), previous: score(0.01) },
    paraphrases: [{ prompt: 'q', wanted: score(0.8), previous: score(0.01) }],
    neighbors: [],
    generations: [],
    measures: {},
    ...parts,
  });
  const told = (now: Partial<RecordReport>) =>
    editReport(
      'v',
      [fact],
      edit,
      report([one({ neighbors: now.neighbors ?? [], sameSubject: now.sameSubject })]),
      report([one(now)]),
      thresholds,
    ).facts[0]!;
  const neighbor = (fate: 'kept' | 'shaken' | 'lost', text = ' Paris') => ({
    prompt: `${fate} is in`,
    wanted: score(0.01),
    previous: score(0.07),
    outcome: { before: { text: ' Paris', probability: 0.93 }, now: { text, probability: 0.81 }, fate },
  });

  it('does not tick a neighbour that says something else, though its own answer is likelier than the new one', () => {
    const { neighbors, verdict, says } = told({ neighbors: [...Array(3).fill(neighbor('kept')), neighbor('lost', ' Milan')] });
    expect(neighbors.map(({ good, fate }) => [good, fate])).toEqual([...Array(3).fill([true, 'kept']), [false, 'lost']]);
    expect(neighbors[3]!.says).toEqual({ before: { text: ' Paris', probability: 0.93 }, after: { text: ' Milan', probability: 0.81 } });
    expect(verdict).toBe('shaken');
    expect(says).toBe(
      'The new answer took; it is given in 1 of 1 other wording; of 4 neighbours 3 keep their answers, 1 is answered otherwise.',
    );
  });

  it('is shaken by one unsure neighbour, and harmful when too many are lost', () => {
    expect(told({ neighbors: [neighbor('shaken')] }).verdict).toBe('shaken');
    expect(told({ neighbors: [neighbor('kept'), neighbor('lost')] }).verdict).toBe('harmful');
    expect(told({ neighbors: [neighbor('kept')] }).verdict).toBe('good');
  });

  it('is shaken by one other fact about the subject that is lost, and harmful when most are', () => {
    const neighbors = [neighbor('kept')];
    const found = told({ neighbors, sameSubject: [neighbor('kept'), neighbor('lost', ' Rome')] });
    expect(found).toMatchObject({ verdict: 'shaken', sameSubject: [{ fate: 'kept' }, { fate: 'lost', good: false }] });
    expect(found.says).toContain('of 2 other facts about the subject 1 keeps its answer, 1 is answered otherwise');
    expect(told({ neighbors, sameSubject: [neighbor('kept'), neighbor('lost'), neighbor('lost')] }).verdict).toBe('harmful');
    expect(told({ neighbors, sameSubject: [neighbor('kept')] }).verdict).toBe('good');
    expect(told({ neighbors }).sameSubject).toBeUndefined();
  });

  it('is weak when the model says something else, though the new answer is likelier than the old one', () => {
    const third = { prompt: 'q', wanted: score(0.2), previous: score(0.1) };
    expect(told({ paraphrases: [third] })).toMatchObject({ verdict: 'weak', paraphrases: [{ good: false }] });
    expect(told({ rewrite: third })).toMatchObject({ verdict: 'weak', rewrite: { good: false } });
    expect(told({ measures: { exactMatch: 0 } })).toMatchObject({ verdict: 'weak', rewrite: { good: false } });
  });

  it('tells the probability of a whole answer, not of a token of it', () => {
    const { rewrite } = told({ rewrite: { prompt: 'q', wanted: score(0.25, 2), previous: score(0.04, 2) } });
    expect(rewrite.after.wanted).toBeCloseTo(0.25, 12);
    expect(rewrite.after.previous).toBeCloseTo(0.04, 12);
  });

  it('is told as it is by a check apart from an edit, and of a prompt without a known answer nothing is said', () => {
    const neighbors = [neighbor('kept'), neighbor('lost', ' Milan'), { prompt: 'unknown', wanted: score(0.01) }];
    const { before, ...rest } = checkedFact(one({ neighbors, sameSubject: [{ prompt: 'unknown' }], answer: 'Madrid.' })).rewrite;
    expect([before, rest]).toEqual([
      {},
      expect.objectContaining({ good: true, after: { wanted: expect.closeTo(0.9), previous: expect.closeTo(0.01) } }),
    ]);
    const found = checkedFact(one({ neighbors, sameSubject: [{ prompt: 'unknown' }], answer: 'Madrid.' }));
    expect(found).toMatchObject({ answerAfter: 'Madrid.', unjudged: 2, sameSubject: [] });
    expect(found.neighbors.map(({ fate, says }) => [fate, says?.before.text, says?.after.text])).toEqual([
      ['kept', ' Paris', ' Paris'],
      ['lost', ' Paris', ' Milan'],
    ]);
  });
});
