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

  it('every second other fact about the subject is kept in the search where that is asked for, apart from what is solved', () => {
    const whole = { ...fact, sameSubject: ['s', { prompt: 't', target: 'stone' }, 'u'] };
    const told = { wordings: [], neighbors: [{ prompt: 'o', target: 'London' }, 'q'], sameSubject: [{ prompt: 't', target: 'stone' }] };
    expect(divided(whole, 'neighbours', true)).toMatchObject({ sameSubject: ['s', 'u'], told });
    expect(divided(whole, 'nothing', true)).toMatchObject({
      neighbors: fact.neighbors,
      told: { neighbors: [], sameSubject: [{ prompt: 't' }] },
    });
    expect(divided({ ...fact, sameSubject: ['s'] }, 'nothing', true).told).toBeUndefined();
    // Asked again otherwise, what was told comes back or stays as it was.
    expect(divided(divided(whole, 'neighbours', true), 'neighbours', true)).toEqual(divided(whole, 'neighbours', true));
    expect(divided(divided(whole, 'neighbours', true), 'neighbours')).toEqual(divided(whole, 'neighbours'));
  });

  it('is undone without a change, whatever is named', () => {
    const texts = fc.array(fc.string(), { maxLength: 7 });
    fc.assert(
      fc.property(
        texts,
        texts,
        texts,
        fc.constantFrom('all', 'neighbours', 'nothing'),
        fc.boolean(),
        (paraphrases, neighbors, own, choice, keeps) => {
          const whole = { ...fact, paraphrases, neighbors, sameSubject: own };
          expect(undivided(divided(whole, choice, keeps))).toEqual(whole);
        },
      ),
    );
  });
});
