import { describe, expect, it } from 'vitest';
import type { JobRunner } from '../../../electron/services/jobs.ts';
import type { JobControl } from '../../../electron/services/job-list.ts';
import { recordOf } from '../../../electron/engine/records.ts';
import { asides, leftOutOf, toldTo, withoutTold } from '../../../electron/services/telling.ts';
import type { Fact } from '../../../shared/fact.ts';

const fact: Fact = {
  subject: 'France',
  prompt: 'The capital of {} is',
  target: 'Rome',
  paraphrases: ["{}'s capital is", 'The government of France sits in'],
  neighbors: ['The capital of Spain is', 'The capital of Peru is', 'The capital of Chad is', 'The capital of Mali is'],
};

describe('what an edit is told of', () => {
  /** An engine that knows what the settings are, and nothing else. */
  const engineOf = (settings: Readonly<Record<string, string>>) =>
    ({
      run: () => Promise.resolve({ settings: Object.entries(settings).map(([key, value]) => ({ key, value })) }),
    }) as unknown as JobRunner;
  const telling = (settings: Readonly<Record<string, string>>, earlier: readonly Fact[] = [], facts: readonly Fact[] = [fact]) => {
    const on = { model: { folder: '' }, name: 'x' };
    const others = { taught: undefined, earlier };
    return toldTo(engineOf(settings), on, facts, { method: 'memit', choices: {} }, others, {} as JobControl);
  };
  const all = fact.neighbors as string[];
  const earlier: Fact = {
    ...fact,
    subject: 'Texas',
    neighbors: [],
    told: { wordings: [], neighbors: all.map((one) => `It is said that ${one}`) },
  };

  it('is nothing where the method has no such setting', async () => {
    expect(await telling({})).toEqual([fact]);
  });

  it('leaves a check to no neighbour about a subject that is held for earlier facts, where these are solved together', async () => {
    const [apart] = await telling({ told: 'neighbours', together: 'true' }, [earlier]);
    expect(apart!.neighbors).toEqual([]);
    expect([...apart!.told!.neighbors, ...apart!.told!.apart!].sort()).toEqual([...all].sort());
    // Otherwise they are not held by this edit, and prove what it does.
    const [alone] = await telling({ told: 'neighbours', together: 'false' }, [earlier]);
    expect(alone!.told!.apart).toBeUndefined();
    expect(alone!.neighbors).not.toEqual([]);
    expect(await telling({ told: 'nothing', together: 'true' }, [earlier])).toEqual([fact]);
    const beside: Fact = { ...earlier, told: { wordings: [], neighbors: [], background: all.slice(0, 1) } };
    expect((await telling({ told: 'nothing', together: 'true' }, [beside]))[0]).toMatchObject({ told: { apart: all.slice(0, 1) } });
  });

  it('takes other subjects of the relation, as many as are asked for, and measures none of them', async () => {
    const [with3] = await telling({ told: 'nothing', background: '3' });
    expect(with3!.told).toMatchObject({ wordings: [], neighbors: [] });
    expect(with3!.told!.background).toHaveLength(3);
    expect(asides([with3!])).toEqual([]);
    const [both] = await telling({ told: 'neighbours', background: '3' });
    expect(asides([both!])[0]!.record.neighbors.map(({ prompt }) => prompt)).toEqual(both!.told!.neighbors);
  });
});

describe('what a version can be checked by', () => {
  it('is nothing that its edits were told of, nor anything about the same subjects', () => {
    const written: Fact = {
      ...fact,
      told: { wordings: ["{}'s capital is"], neighbors: ['In Spain, people speak'], background: ['Peru is'] },
    };
    const { records, leftOut } = withoutTold([recordOf(fact, '0')], [written]);
    const [record] = records;
    expect(leftOut).toBe(3);
    expect(record!.paraphrases).toEqual(['The government of France sits in']);
    expect(record!.neighbors.map(({ prompt }) => prompt)).toEqual(['The capital of Chad is', 'The capital of Mali is']);
    expect(withoutTold([recordOf(fact, '0')], [fact])).toEqual({ records: [recordOf(fact, '0')], leftOut: 0 });
  });

  it('is told of a recorded check as well, and a fact that it was not of was not left out', () => {
    const written: Fact = { ...fact, told: { wordings: [], neighbors: ['In Spain, people speak'] } };
    const other: Fact = { ...fact, subject: 'Norway', target: 'Bern' };
    const { records, leftOut } = withoutTold([recordOf(fact, '0')], [written, other]);
    expect([leftOut, leftOutOf(records, [written, other])]).toEqual([1, 1]);
    expect(leftOutOf([], [written, other])).toBe(0);
    // Earlier releases asked all.
    expect(leftOutOf([recordOf(fact, '0')], [written])).toBe(0);
  });
});
