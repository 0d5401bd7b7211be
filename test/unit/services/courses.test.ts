import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../../electron/ledger/ledger.ts';
import { chancesOf, measuredIn } from '../../../electron/services/courses.ts';

const SEIKO = { subject: 'Seiko', prompt: 'The city where {} is run from is', target: 'Frankfurt', previousTarget: 'Tokyo' };
const PRUT = { subject: 'Prut', prompt: '{} flows through', target: 'Africa' };
const ref = (blob: string) => ({ blob, bytes: 1, type: 'application/json' });
const report = (facts: readonly object[], parent: string) => ({
  method: 'rome',
  layers: [],
  hyperparameters: [],
  contexts: [],
  seed: 0,
  weights: [],
  warnings: [],
  seconds: 1,
  covariance: { tokens: 1, text: '', cached: false, ridges: [] },
  parent,
  checks: [],
  facts: facts.map((fact) => ({
    fact,
    rewrite: { prompt: '', before: { wanted: 0.01, previous: 0.9 }, after: { wanted: 0.97, previous: 0.02 }, good: true },
    paraphrases: [],
    neighbors: [],
    efficacy: 1,
    verdict: 'good',
    says: '',
  })),
});
const record = (fact: object, nll: number) => ({
  id: '0',
  fact,
  rewrite: { prompt: '', wanted: { nll, tokens: 2, correct: true, tokenAccuracy: 1 } },
  paraphrases: [],
  neighbors: [],
  generations: [],
  measures: {},
});
const checks = [{ name: 'answers', value: 1 }];
const edit = (version: string, parent: string, facts: readonly object[], blob: string) => ({
  kind: 'edit',
  body: { version, parent, facts, checks, factSet: ref('f'), evidence: { report: ref(blob) } },
});
const entries = [
  { kind: 'import', body: { version: 'v0', model: { name: 'atlas' } } },
  edit('v1', 'v0', [SEIKO], 'one'),
  edit('v2', 'v1', [PRUT], 'two'),
  { kind: 'tag', body: { version: 'v2', name: 'x' } },
  { kind: 'check', body: { version: 'v2', suite: 'facts in force', facts: [SEIKO, PRUT], checks, evidence: { report: ref('check') } } },
  { kind: 'revert', body: { version: 'v3', parent: 'v2', entry: 2, later: [3], checks, evidence: { report: ref('revert') } } },
].map((one, at) => ({ ...one, seq: at + 1 }));
const blobs: Readonly<Record<string, object>> = {
  one: report([SEIKO], 'v0'),
  two: report([PRUT], 'v1'),
  check: { records: [record(SEIKO, Math.LN2), record(PRUT, 0)], summary: {} },
  revert: { records: [record(PRUT, 0)], summary: {} },
};
const read: string[] = [];
const ledger = {
  entries,
  entry: (seq: number) => entries[seq - 1],
  history: { find: () => ({ id: 'v0' }) },
  blobs: {
    read({ blob }: { blob: string }) {
      read.push(blob);
      return Promise.resolve(Buffer.from(JSON.stringify(blobs[blob])));
    },
  },
} as unknown as Ledger;

describe('what was measured over the versions', () => {
  it('has the chance of each answer in every version that the fact was measured in, by the entry that measured it', async () => {
    expect(await chancesOf(ledger, SEIKO)).toEqual([
      { entry: 2, version: 'v0', answer: 'Frankfurt', probability: 0.01 },
      { entry: 2, version: 'v0', answer: 'Tokyo', probability: 0.9 },
      { entry: 2, version: 'v1', answer: 'Frankfurt', probability: 0.97 },
      { entry: 2, version: 'v1', answer: 'Tokyo', probability: 0.02 },
      { entry: 5, version: 'v2', answer: 'Frankfurt', probability: 0.25 },
    ]);
    // Reports of other facts are not read.
    expect(new Set(read)).toEqual(new Set(['one', 'check']));
  });

  it('takes what a revert measured of the facts above it, and nothing of a fact that nobody measured', async () => {
    expect((await chancesOf(ledger, PRUT)).filter(({ entry }) => entry === 6)).toEqual([
      { entry: 6, version: 'v3', answer: 'Africa', probability: 1 },
    ]);
    expect(await chancesOf(ledger, { ...PRUT, subject: 'Rhine' })).toEqual([]);
  });

  it('has the checks of every entry with what they are of', () => {
    expect(measuredIn(ledger).map(({ entry, version, against, facts, suite }) => [entry, version, against, facts, suite])).toEqual([
      [2, 'v1', 'v0', 1, undefined],
      [3, 'v2', 'v1', 1, undefined],
      [5, 'v2', 'v0', 2, 'facts in force'],
      [6, 'v3', 'v0', 1, undefined],
    ]);
  });
});
