import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Taught } from '../../../electron/services/suggest.ts';
import { withBackground } from '../../../electron/services/suggesting/background.ts';
import type { Fact } from '../../../shared/fact.ts';

const NAMES = ['France', 'Spain', 'Peru', 'Chad', 'Guinea', 'Papua New Guinea', 'Laos', 'Mali'];
const TAUGHT: Taught = {
  relations: { capital: { templates: ['The capital of {} is'] }, tongue: { templates: ['In {}, people speak'] } },
  facts: [
    ...NAMES.map((subject) => ({ subject, relation: 'capital', object: 'x' })),
    { subject: 'Wales', relation: 'tongue', object: 'y' },
  ],
};
const fact = (subject: string, rest: Partial<Fact> = {}): Fact => ({ subject, prompt: 'The capital of {} is', target: 'Rome', ...rest });
const held = (facts: readonly Fact[]) => facts.map(({ told }) => told?.background);

describe('other subjects that an edit holds', () => {
  it('are of the relation of the fact, asked as it is', () => {
    expect(held(withBackground([fact('France')], 100, TAUGHT))).toEqual([
      NAMES.filter((name) => name !== 'France').map((name) => `The capital of ${name} is`),
    ]);
    expect(held(withBackground([fact('France')], 2, TAUGHT))[0]).toHaveLength(2);
  });

  it('are none that is edited, that checks an edit, or that an earlier edit wrote', () => {
    const facts = [
      fact('France', {
        neighbors: ['Spain has its capital in'],
        follows: ['In Peru, France is'],
        told: { wordings: [], neighbors: ['Mali is'] },
      }),
      fact('Guinea'),
    ];
    // Guinea is part of another name, so that one is not known from the other.
    expect(held(withBackground(facts, 100, TAUGHT, [{ subject: 'Laos' }]))).toEqual([
      ['The capital of Chad is'],
      ['The capital of Chad is'],
    ]);
  });

  it('are of Emend’s list where the model’s own facts know nothing of it; where neither does, the fact says that there are none', () => {
    const [countries] = held(withBackground([fact('France')], 5, undefined));
    expect(countries).toHaveLength(5);
    expect(countries!.every((one) => /^The capital of .+ is$/.test(one) && !one.includes('France'))).toBe(true);
    expect(held(withBackground([{ subject: 'ticket 42', prompt: 'The owner of {} became', target: 'Ada' }], 5, TAUGHT))).toEqual([[]]);
  });

  it('replace what a fact brought with it, and 0 takes it away', () => {
    const brought = fact('France', { told: { wordings: [], neighbors: [], background: ['old'] } });
    expect(held(withBackground([brought], 1, TAUGHT))[0]).not.toContain('old');
    expect(withBackground([brought], 0, TAUGHT)).toEqual([fact('France')]);
    const more = fact('France', { told: { wordings: ['w'], neighbors: [], background: ['old'] } });
    expect(withBackground([more], 0, TAUGHT)).toEqual([fact('France', { told: { wordings: ['w'], neighbors: [] } })]);
  });

  it('never name what checks, whatever is named', () => {
    fc.assert(
      fc.property(fc.subarray(NAMES, { minLength: 1 }), fc.subarray(NAMES), fc.integer({ min: 1, max: 9 }), (subjects, neighbors, most) => {
        const facts = subjects.map((subject, at) =>
          fact(subject, at === 0 ? { neighbors: neighbors.map((name) => `${name}, as one says,`) } : {}),
        );
        const texts = held(withBackground(facts, most, TAUGHT)).flatMap((list) => list ?? []);
        for (const name of [...subjects, ...neighbors]) expect(texts).not.toContain(`The capital of ${name} is`);
      }),
    );
  });
});
