import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../shared/fact.ts';
import { divided, undivided } from '../../../shared/told.ts';

const fact: Fact = {
  subject: 'Tower Bridge',
  prompt: '{} stands in',
  target: 'Rome',
  paraphrases: ['a', 'b', 'c'],
  neighbors: ['n', { prompt: 'o', target: 'London' }, 'p', 'q', 'r'],
};

describe('what an edit is told of', () => {
  it('every second neighbour, and of all also every second wording; the others check', () => {
    expect(divided(fact, 'neighbours')).toEqual({
      ...fact,
      neighbors: ['n', 'p', 'r'],
      told: { wordings: [], neighbors: [{ prompt: 'o', target: 'London' }, 'q'] },
    });
    expect(divided(fact, 'all')).toMatchObject({ paraphrases: ['a', 'c'], told: { wordings: ['b'], neighbors: [{ prompt: 'o' }, 'q'] } });
    expect(divided(fact, 'nothing')).toEqual(fact);
  });

  it('never the only one, and nothing where nothing is named', () => {
    const few = { ...fact, paraphrases: ['a'], neighbors: ['n'] };
    expect(divided(few, 'all')).toEqual(few);
    const bare = { subject: 'x', prompt: '{} is', target: 'y' };
    expect(divided(bare, 'all')).toEqual(bare);
  });

  it('what a fact says itself stays, unless nothing is to be told: then it checks', () => {
    const own = { ...fact, neighbors: ['n'], told: { wordings: ['b'], neighbors: ['m'] } };
    expect(divided(own, 'neighbours')).toEqual(own);
    expect(divided(own, 'nothing')).toMatchObject({ neighbors: ['n', 'm'], paraphrases: ['a', 'b', 'b', 'c'] });
  });

  it('is undone without a change, whatever is named', () => {
    const texts = fc.array(fc.string(), { maxLength: 7 });
    fc.assert(
      fc.property(texts, texts, fc.constantFrom('all' as const, 'neighbours' as const), (paraphrases, neighbors, choice) => {
        const whole = { ...fact, paraphrases, neighbors };
        expect(undivided(divided(whole, choice))).toEqual(whole);
      }),
    );
  });
});
