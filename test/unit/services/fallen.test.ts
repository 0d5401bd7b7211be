import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../../electron/ledger/ledger.ts';
import { fallenAt } from '../../../electron/services/fallen.ts';

const FACT = { subject: 'Seiko', prompt: 'The city where {} is run from is', target: 'Frankfurt' };
const OTHER = { subject: 'Prut', prompt: '{} flows through', target: 'Africa' };
const ref = (blob: string) => ({ blob, bytes: 1, type: 'application/json' });
const record = (fact: object, exactMatch: number, answer: string) => ({
  id: '0',
  fact,
  rewrite: { prompt: '' },
  paraphrases: [],
  neighbors: [],
  generations: [],
  measures: { exactMatch },
  answer,
});

interface Body {
  readonly kind: string;
  readonly body: object;
}

/** A ledger that has these entries, and blobs by their names. */
function ledger(entries: readonly Body[], blobs: Readonly<Record<string, object>>): Ledger {
  const numbered = entries.map((one, at) => ({ ...one, seq: at + 1 }));
  return {
    entries: numbered,
    entry: (seq: number) => numbered[seq - 1],
    blobs: { read: ({ blob }: { blob: string }) => Promise.resolve(Buffer.from(JSON.stringify(blobs[blob]))) },
  } as unknown as Ledger;
}

const edit = (fact: object, more: object = {}) => ({ kind: 'edit', body: { facts: [fact], factSet: ref('f'), evidence: {}, ...more } });

describe('facts that no longer hold', () => {
  it('are named after a revert, with what the model writes and the entry that wrote them', async () => {
    const report = { records: [record(FACT, 0, ' Tokyo. It'), record(OTHER, 1, ' Africa.')], summary: {} };
    const revert = { kind: 'revert', body: { entry: 1, later: [2, 3], evidence: { report: ref('r') } } };
    const found = await fallenAt(ledger([edit({}), edit(FACT), edit(OTHER), revert], { r: report }), 4);
    expect(found).toEqual([
      { entry: 2, subject: 'Seiko', target: 'Frankfurt', prompt: 'The city where Seiko is run from is', says: 'Tokyo. It' },
    ]);
  });

  it('are those of the edits that were worked out anew, where that was asked for', async () => {
    const outcome = (good: boolean) => ({ prompt: '', before: {}, after: {}, good });
    const facts = [
      {
        fact: FACT,
        rewrite: outcome(false),
        paraphrases: [],
        neighbors: [],
        efficacy: 0,
        verdict: 'weak',
        says: '',
        answerAfter: ' Tokyo',
      },
      { fact: OTHER, rewrite: outcome(true), paraphrases: [], neighbors: [], efficacy: 1, verdict: 'good', says: '' },
    ];
    const made = { method: 'rome', layers: [], hyperparameters: [], contexts: [], seed: 0, weights: [], warnings: [], seconds: 1 };
    const report = { ...made, covariance: { tokens: 1, text: '', cached: false, ridges: [] }, parent: '', checks: [], facts };
    const acts = [
      edit({}),
      edit(FACT),
      { kind: 'revert', body: { entry: 2, later: [], until: 5, evidence: {} } },
      { kind: 'revert', body: { entry: 1, later: [], evidence: {} } },
      edit(FACT, { reapplies: 2, evidence: { report: ref('e') } }),
    ];
    const found = await fallenAt(ledger(acts, { e: report }), 4);
    expect(found).toMatchObject([{ entry: 5, subject: 'Seiko', says: 'Tokyo' }]);
  });

  it('are none where nothing was measured', async () => {
    expect(await fallenAt(ledger([edit(FACT), { kind: 'revert', body: { entry: 1, later: [], evidence: {} } }], {}), 2)).toEqual([]);
  });
});
