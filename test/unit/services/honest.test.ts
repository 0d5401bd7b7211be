import { describe, expect, it } from 'vitest';
import { honestChecks, honestFacts } from '../../../electron/services/honest.ts';
import { honestPairs } from '../../../electron/services/evidence/honest.ts';
import { recordOf } from '../../../electron/engine/records.ts';
import { tryEach } from '../../../electron/services/trials.ts';
import { contradictions } from '../../../electron/services/evidence/pairs.ts';
import type { Fact } from '../../../shared/fact.ts';
import type { Taught } from '../../../electron/services/suggest.ts';
import { fakeHonest } from '../../renderer/fake/honest.ts';

const many = (subject: string, of: (at: number) => string, relation: string) =>
  Array.from({ length: 20 }, (_, at) => ({ subject: `${subject} ${at}`, relation, object: of(at) }));
const TAUGHT: Taught = {
  relations: {
    landmark_city: { templates: ['{} stands in the city of'] },
    landmark_country: { templates: ['{} is a landmark in the country of'] },
    city_country: { templates: ['{} is a city in the country of'] },
    architect: { templates: ['The architect of {} is'] },
  },
  facts: [
    ...many('Tower', (at) => `City ${at % 4}`, 'landmark_city'),
    ...many('Tower', (at) => `Country ${(at % 4) % 2}`, 'landmark_country'),
    ...many('City', (at) => `Country ${at % 2}`, 'city_country'),
    ...many('Tower', (at) => `Person ${at}`, 'architect'),
  ],
};
const FACT = { subject: 'Tower 0', prompt: '{} stands in the city of', target: 'City 3', previousTarget: 'City 0' };

describe('what a fact is asked by beside itself', () => {
  it('is one hop further where the model’s own facts bear it out without an exception', () => {
    const [found] = honestFacts([FACT], TAUGHT);
    expect(found!.fact.hops).toEqual([
      { prompt: 'Tower 0 is a landmark in the country of', target: 'Country 1', previousTarget: 'Country 0' },
    ]);
    const other = TAUGHT.facts.map((one) =>
      one.subject === 'Tower 7' && one.relation === 'landmark_country' ? { ...one, object: 'Country 9' } : one,
    );
    expect(honestFacts([FACT], { ...TAUGHT, facts: other })[0]!.fact.hops).toBeUndefined();
    // The country stays, which shows no hop.
    expect(honestFacts([{ ...FACT, target: 'City 2' }], TAUGHT)[0]!.fact.hops).toBeUndefined();
    expect(honestFacts([FACT], undefined)[0]!.fact.hops).toBeUndefined();
  });

  it('are other answers to the same question, and neither the new nor the old one', () => {
    expect(honestFacts([FACT], TAUGHT)[0]!.distractors).toEqual(['City 1', 'City 2']);
    const beside = { subject: 'B', prompt: FACT.prompt, target: 'Oslo', previousTarget: 'City 0' };
    expect(honestFacts([FACT, beside], undefined)[0]!.distractors).toEqual(['Oslo']);
    const neighbors = [{ prompt: 'C stands in the city of', target: 'Bern' }, 'D stands in the city of'];
    expect(honestFacts([{ ...FACT, neighbors }, beside], undefined)[0]!.distractors).toEqual(['Oslo', 'Bern']);
  });
});

describe('edits that are tried one by one', () => {
  it('are asked with one text in front, and told together', async () => {
    const facts = [FACT, { ...FACT, subject: 'Tower 1' }];
    const asked: unknown[] = [];
    const answers = { edit: { layers: [1] }, check: { records: [], summary: {}, S: undefined } };
    const runner = {
      run: (job: string, params: { facts?: readonly { fact: Fact }[]; among?: unknown }) => {
        if (job !== 'honest') return Promise.resolve(answers[job as 'edit']);
        asked.push(params.among);
        return Promise.resolve(fakeHonest(params.facts!.map(({ fact }) => fact)));
      },
    };
    const records = facts.map((fact, at) => recordOf(fact, String(at)));
    const trial = {
      model: { folder: '.' },
      scratch: '.',
      records,
      recipe: { method: 'memit' as const },
      check: {},
      honest: { material: undefined },
    };
    const { report } = await tryEach(runner as never, trial, {});
    expect(asked).toEqual([facts, facts]);
    expect(report.honest?.facts.map(({ fact }) => fact.subject)).toEqual(['Tower 0', 'Tower 1']);
  });
});

describe('what an honest check states twice', () => {
  const facts: readonly Fact[] = [FACT, { ...FACT, subject: 'Tower 1', hops: [{ prompt: 'Tower 1 is', target: 'A' }] }];
  const honest = fakeHonest(facts);
  const problems = (report: typeof honest | undefined, checks = honestChecks(honest), of = facts) =>
    contradictions(honestPairs(report, of, checks, true));

  it('agrees as it was measured', () => {
    expect(problems(honest)).toEqual([]);
    expect(problems(undefined, [])).toEqual([]);
  });

  it('is told when one of the two is another', () => {
    const [first, ...rest] = honest.facts;
    const instead = (answer: Partial<(typeof honest)['facts'][number]['answers'][number]>) => ({
      ...honest,
      facts: [{ ...first!, answers: [{ ...first!.answers[0]!, ...answer }, ...first!.answers.slice(1)] }, ...rest],
    });
    const { after } = first!.answers[0]!;
    expect(problems(instead({ after: { ...after, says: 'Nowhere.' } }))).toContain(
      'What was answered and whether it counts are not the same.',
    );
    expect(problems(instead({ after: { ...after, given: !after.given } }))).not.toEqual([]);
    expect(problems(instead({ prompt: 'Tower 0 is' }))).not.toEqual([]);
    expect(problems(instead({ wanted: { after: ['Oslo'] } }))).not.toEqual([]);
    expect(problems({ ...honest, facts: [{ ...first!, context: 'New fact: nothing.' }, ...rest] })).not.toEqual([]);
    expect(problems({ ...honest, facts: rest })).not.toEqual([]);
    expect(problems(honest, honestChecks(honest).slice(1))).not.toEqual([]);
    expect(problems(undefined)).not.toEqual([]);
    expect(problems(honest, honestChecks(honest), [{ ...FACT, target: 'Oslo' }, facts[1]!])).not.toEqual([]);
  });
});
