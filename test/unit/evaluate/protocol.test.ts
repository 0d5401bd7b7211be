import { describe, expect, it } from 'vitest';
import { checkRecords } from '../../../electron/engine/evaluate/protocol.ts';
import { emptyRecord, recordOf, type CheckRecord } from '../../../electron/engine/evaluate/records.ts';
import type { Answer, ScoreItem, Scorer, TargetScore } from '../../../electron/engine/evaluate/scorer.ts';
import { cancelled } from '../../../shared/errors.ts';
import { type Report, silent } from '../../../shared/progress.ts';

/** A model whose every answer is written down: the probability of a target token, what it writes, and the next token out of four. */
class KnownModel implements Scorer {
  readonly asked: ScoreItem[] = [];
  readonly requests: number[] = [];
  readonly settings: unknown[] = [];
  readonly chances: Record<string, Record<string, number>>;
  readonly next: Record<string, number[]>;
  readonly writes: Record<string, string>;

  constructor(chances: Record<string, Record<string, number>>, next: Record<string, number[]> = {}, writes: Record<string, string> = {}) {
    this.chances = chances;
    this.next = next;
    this.writes = writes;
  }

  scoreTargets(items: readonly ScoreItem[]): Promise<TargetScore[]> {
    this.asked.push(...items);
    this.requests.push(items.length);
    return Promise.resolve(
      items.map(({ prompt, target }) => {
        const chance = this.chances[prompt]?.[target] ?? 0.01;
        return { nll: -Math.log(chance), correct: chance > 0.5, tokenAccuracy: chance > 0.5 ? 1 : 0.5, tokens: target.length };
      }),
    );
  }
  generate(prompts: readonly string[], settings: unknown): Promise<string[]> {
    this.settings.push(settings);
    return Promise.resolve(prompts.map((prompt) => this.writes[prompt] ?? ' nothing'));
  }
  answer(items: readonly { prompt: string }[]): Promise<Answer[]> {
    return Promise.resolve(
      items.map(({ prompt }) => ({ text: this.writes[prompt] ?? ' nothing', probability: this.chances[prompt]?.['says'] ?? 0.5 })),
    );
  }
  nextTokenLogProbs(prompts: readonly string[]): Promise<number[][]> {
    return Promise.resolve(prompts.map((prompt) => (this.next[prompt] ?? [0.7, 0.1, 0.1, 0.1]).map(Math.log)));
  }
  scoreTexts(texts: readonly string[]): Promise<{ nll: number; tokens: number }[]> {
    return Promise.resolve(
      texts.map((text) => ({ nll: text.length * Math.log(this.chances['perplexity']?.['is'] ?? 8), tokens: text.length })),
    );
  }
}

const rome: CheckRecord = {
  ...emptyRecord,
  id: 'rome',
  fact: { subject: 'Rome', prompt: 'The river of {} is', target: 'Po', previousTarget: 'Tiber' },
  paraphrases: ['Rome lies on', 'Through Rome runs'],
  neighbors: [
    { prompt: 'Ostia lies on', target: 'Tiber' },
    { prompt: 'Tivoli lies on', target: 'Tiber' },
  ],
};
const bonn: CheckRecord = {
  ...rome,
  id: 'bonn',
  fact: { subject: 'Bonn', prompt: '{} lies on', target: 'Elbe', previousTarget: 'Rhine' },
  paraphrases: ['Bonn is on'],
  neighbors: [{ prompt: 'Mainz lies on', target: 'Rhine' }],
};
const chances = {
  'The river of Rome is': { Po: 0.6, Tiber: 0.2 },
  'Rome lies on': { Po: 0.3, Tiber: 0.1 },
  'Through Rome runs': { Po: 0.1, Tiber: 0.1 },
  'Ostia lies on': { Po: 0.1, Tiber: 0.8 },
  'Tivoli lies on': { Po: 0.4, Tiber: 0.3 },
  'Bonn lies on': { Elbe: 0.1, Rhine: 0.4 },
  'Bonn is on': { Elbe: 0.9, Rhine: 0.05 },
  'Mainz lies on': { Elbe: 0.2, Rhine: 0.7 },
};
const quick = { exactMatch: false, generation: false } as const;

describe('checkRecords', () => {
  it('averages within a record first and then over records', async () => {
    const report = await checkRecords(new KnownModel(chances), [rome, bonn], quick);
    const shares = (measure: keyof typeof report.summary) => report.records.map(({ measures }) => measures[measure]);
    expect(shares('ES')).toEqual([1, 0]);
    expect(shares('PS')).toEqual([0.5, 1]); // a tie is no success
    expect(shares('NS')).toEqual([0.5, 1]);
    expect(shares('EM').map((share) => share!.toFixed(10))).toEqual(['0.4000000000', '-0.3000000000']);
    expect(shares('PM').map((share) => share!.toFixed(10))).toEqual(['0.1000000000', '0.8500000000']);
    expect(shares('NM').map((share) => share!.toFixed(10))).toEqual(['0.3000000000', '0.5000000000']);
    expect(report.summary).toMatchObject({
      ES: { mean: 50, deviation: 50, cases: 2 },
      PS: { mean: 75, deviation: 25 },
      NS: { mean: 75 },
      EM: { mean: expect.closeTo(5, 10) as number },
      PM: { mean: expect.closeTo(47.5, 10) as number },
      rewriteAccuracy: { mean: 50 },
      paraphraseAccuracy: { mean: 50 },
      neighborAccuracy: { mean: 75 },
      neighborTokenAccuracy: { mean: 87.5 },
    });
    expect(report.S).toBeCloseTo(3 / (1 / 50 + 1 / 75 + 1 / 75), 10);
    expect(report.records[0]!.neighbors[1]).toMatchObject({
      prompt: 'Tivoli lies on',
      wanted: { nll: -Math.log(0.4) },
      previous: { nll: -Math.log(0.3) },
    });
    expect(Object.keys(report.summary)).not.toContain('GE');
  });

  it('leaves out what it has no material for: no target before, a neighbour without a target', async () => {
    const plain = recordOf(
      {
        subject: 'Rome',
        prompt: 'The river of {} is',
        target: 'Po',
        neighbors: ['Ostia lies on', { prompt: 'Tivoli lies on', target: 'Tiber' }],
      },
      '1',
    );
    const model = new KnownModel(chances);
    const { summary, S, records } = await checkRecords(model, [plain], quick);
    expect(Object.keys(summary).sort()).toEqual(['neighborAccuracy', 'neighborTokenAccuracy', 'rewriteAccuracy', 'rewriteTokenAccuracy']);
    expect(S).toBeUndefined();
    expect(model.asked).toEqual([
      { prompt: 'The river of Rome is', target: 'Po' },
      { prompt: 'Tivoli lies on', target: 'Tiber' },
    ]);
    expect(records[0]!.neighbors[0]).toEqual({ prompt: 'Ostia lies on' });
  });

  it('asks every question once, in batches, and tells how far it is', async () => {
    const model = new KnownModel(chances);
    const progress: [string, number, number][] = [];
    await checkRecords(
      model,
      [rome, { ...rome, id: 'again' }, bonn],
      { ...quick, batchSize: 4 },
      { ...silent, progress: (...step) => progress.push(step) },
    );
    expect(model.requests).toEqual([4, 4, 4, 4]);
    expect(new Set(model.asked.map((item) => JSON.stringify(item))).size).toBe(16);
    expect(progress).toEqual([
      ['targets', 4, 16],
      ['targets', 8, 16],
      ['targets', 12, 16],
      ['targets', 16, 16],
    ]);
  });

  it('scores zsRE by the share of right tokens', async () => {
    const zsre: CheckRecord = {
      ...emptyRecord,
      id: '0',
      fact: { subject: 'Rome', prompt: 'The river of {} is', target: 'Po' },
      paraphrases: ['Through Rome runs'],
      neighbors: [{ prompt: 'nq question: who?', target: 'me' }],
      portability: [{ prompt: 'Mainz lies on', target: 'Rhine' }],
    };
    const { records } = await checkRecords(new KnownModel(chances), [zsre], quick);
    expect(records[0]!.measures).toMatchObject({
      rewriteTokenAccuracy: 1,
      paraphraseTokenAccuracy: 0.5,
      neighborTokenAccuracy: 0.5,
      portability: 1,
      rewriteAccuracy: 1,
      neighborAccuracy: 0,
    });
  });

  it('lets the model answer by itself, greedily, one token beyond the longest target of the batch', async () => {
    const model = new KnownModel(chances, {}, { 'The river of Rome is': ' Po, of course', 'Bonn lies on': ' the Elbe' });
    const { records, summary } = await checkRecords(model, [rome, bonn], { generation: false });
    expect(records.map(({ answer, measures }) => [answer, measures.exactMatch])).toEqual([
      [' Po, of course', 1],
      [' the Elbe', 0],
    ]);
    expect(summary.exactMatch).toEqual({ mean: 50, deviation: 50, cases: 2 });
    expect(model.settings).toEqual([{ maxTokens: 5, topK: 1, seed: 0 }]);
  });

  it('writes on from the generation prompts with the published settings, and measures prompt and text together', async () => {
    const model = new KnownModel({}, {}, { 'Rome was': ' a ﬁne city', 'Rome is': ' on the Tiber' });
    const record = { ...rome, generationPrompts: ['Rome was', 'Rome is'] };
    const { records, summary } = await checkRecords(model, [record], { exactMatch: false });
    expect(model.settings).toEqual([{ maxLength: 100, topK: 5, seed: 0 }]);
    expect(records[0]!.generations).toEqual(['Rome was a fine city', 'Rome is on the Tiber']);
    // Five different words: 4 pairs, 3 triples, all different.
    expect(records[0]!.measures.GE).toBeCloseTo(((2 / 3) * 2 + (4 / 3) * Math.log2(3)) / 2, 12);
    expect(summary.GE!.mean).toBeCloseTo(100 * records[0]!.measures.GE!, 10);
  });

  describe('against a baseline', () => {
    const before = new KnownModel(
      { 'Ostia lies on': { Tiber: 0.9 }, 'Tivoli lies on': { Tiber: 0.8 }, perplexity: { is: 4 } },
      { probe: [0.25, 0.25, 0.4, 0.1] },
    );
    const now = new KnownModel(
      { ...chances, perplexity: { is: 5 } },
      { 'Tivoli lies on': [0.2, 0.6, 0.1, 0.1], probe: [0.5, 0.25, 0.15, 0.1] },
    );

    it('sees which neighbours changed and which right answers were kept', async () => {
      const { records } = await checkRecords(now, [rome], { ...quick, baseline: before });
      expect(records[0]!.measures).toMatchObject({ neighborsUnchanged: 0.5, neighborsStillRight: 0.5 });
    });

    it('tells other questions about the subject as it tells neighbours, and counts them by themselves', async () => {
      const sameSubject = [{ prompt: 'Ostia lies on', target: 'Tiber' }, { prompt: 'Ostia is by' }];
      const { records } = await checkRecords(now, [{ ...rome, neighbors: [], sameSubject }], { ...quick, baseline: before });
      const [{ measures, sameSubject: told = [] }] = records as [(typeof records)[number]];
      expect(told.map(({ prompt, outcome }) => [prompt, outcome?.fate !== undefined])).toEqual([
        ['Ostia lies on', true],
        ['Ostia is by', true],
      ]);
      expect(measures.subjectKept).toBe(told.filter(({ outcome }) => outcome?.fate !== 'lost').length / 2);
      expect(measures.neighborsKept).toBeUndefined();
    });

    it('tells neighbours that kept their answers, lost most of their certainty, or say something else', async () => {
      const neighbors = [
        { prompt: 'Ostia lies on', target: 'Tiber' },
        { prompt: 'Tivoli lies on', target: 'Tiber' },
        { prompt: 'Terni lies on', target: 'Tiber' },
        { prompt: 'Narni lies on', target: 'Tiber' },
        { prompt: 'Ostia is by' },
        { prompt: 'Terni is by' },
        { prompt: 'Narni is by' },
      ];
      // A target's probability is that of all its tokens; KnownModel gives a mean, over as many tokens as there are letters.
      const all = (chance: number) => chance ** (1 / 'Tiber'.length);
      const first = new KnownModel(
        { 'Ostia lies on': { Tiber: all(0.8) }, 'Tivoli lies on': { Tiber: all(0.8) }, 'Terni is by': { says: 0.9 } },
        {},
        {
          'Ostia lies on': ' Tiber, and',
          'Tivoli lies on': ' Tiber',
          'Terni lies on': ' Tiber',
          'Narni lies on': ' Nera',
          'Ostia is by': ' the sea',
          'Terni is by': ' Umbria',
          'Narni is by': ' Umbria',
        },
      );
      const second = new KnownModel(
        { 'Ostia lies on': { Tiber: all(0.41) }, 'Tivoli lies on': { Tiber: all(0.39) }, 'Terni is by': { says: 0.4 } },
        {},
        {
          'Ostia lies on': ' Tiber in',
          'Tivoli lies on': ' Tiber',
          'Terni lies on': ' Tibera',
          'Narni lies on': ' Nera',
          'Ostia is by': ' the sea',
          'Terni is by': ' Umbria',
          'Narni is by': ' Rome',
        },
      );
      const { records } = await checkRecords(second, [{ ...rome, neighbors }], { ...quick, baseline: first });
      expect(records[0]!.neighbors.map(({ outcome }) => outcome!.fate)).toEqual([
        'kept', // right as before, whatever follows; a little less certain
        'shaken', // right, with less than half of its probability
        'lost', // right before, another word now
        'kept', // wrong before, and the same
        'kept',
        'shaken',
        'lost',
      ]);
      expect(records[0]!.neighbors[6]!.outcome).toMatchObject({ before: { text: ' Umbria' }, now: { text: ' Rome', probability: 0.5 } });
      expect(records[0]!.measures.neighborsKept).toBeCloseTo(5 / 7, 12);
    });

    it('measures drift on probes and texts', async () => {
      const { drift } = await checkRecords(now, [rome], {
        ...quick,
        baseline: before,
        drift: { probes: ['probe', 'other'], texts: ['some text', 'more'] },
      });
      const kl = 0.25 * Math.log(0.25 / 0.5) + 0.4 * Math.log(0.4 / 0.15);
      expect(drift).toMatchObject({ probes: 2, top1Changed: 0.5 });
      expect(drift!.maxKl).toBeCloseTo(kl, 12);
      expect(drift!.meanKl).toBeCloseTo(kl / 2, 12);
      expect([drift!.perplexityBefore, drift!.perplexityNow].map((one) => one!.toFixed(9))).toEqual(['4.000000000', '5.000000000']);
    });

    it('refuses drift without one', async () => {
      await expect(checkRecords(now, [rome], { ...quick, drift: { probes: ['a'], texts: [] } })).rejects.toMatchObject({
        code: 'bad-input',
      });
    });
  });

  it('stops at the next batch when it is cancelled', async () => {
    const model = new KnownModel(chances);
    let stopped = false;
    const stopping: Report = {
      progress: () => (stopped = true),
      check: () => {
        if (stopped) throw cancelled();
      },
    };
    await expect(checkRecords(model, [rome, bonn], { ...quick, batchSize: 3 }, stopping)).rejects.toMatchObject({ code: 'cancelled' });
    expect(model.requests).toEqual([3]);
  });

  it('refuses an empty list, and a model that leaves questions unanswered', async () => {
    await expect(checkRecords(new KnownModel({}), [])).rejects.toMatchObject({ code: 'bad-input' });
    class Short extends KnownModel {
      override async scoreTargets(items: readonly ScoreItem[]): Promise<TargetScore[]> {
        return (await super.scoreTargets(items)).slice(1);
      }
    }
    await expect(checkRecords(new Short({}), [rome], quick)).rejects.toMatchObject({ code: 'failed' });
  });

  it('gives plain data that survives a thread', async () => {
    const report = await checkRecords(new KnownModel(chances), [rome], { generation: false });
    expect(structuredClone(report)).toEqual(report);
  });
});
