import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../shared/fact.ts';
import { subjectIn } from '../../../shared/subject-words.ts';
import { divided, setApart, toldAmong, toldTexts, undivided } from '../../../shared/told.ts';

const CITIES = ['London', 'Paris', 'Rome', 'Oslo', 'Lima', 'Cairo', 'Tunis', 'Delhi', 'Quito', 'Seoul', 'Accra', 'Minsk'];
const fact: Fact = {
  subject: 'Tower Bridge',
  prompt: '{} stands in',
  target: 'Rome',
  paraphrases: ['a', 'b', 'c'],
  neighbors: CITIES.slice(0, 6).map((city) => ({ prompt: `${city} lies in`, target: 'x' })),
};
const prompts = (list: Fact['neighbors'] = []) => list.map((one) => (typeof one === 'string' ? one : one.prompt));
const sorted = (list: Fact['neighbors'] = []) => [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
/** A fact that tells of these prompts. */
const telling = (neighbors: string[]): Fact => ({ ...fact, neighbors: [], told: { wordings: [], neighbors } });
/** Order is no matter: the others check. */
const unordered = (one: Fact) => ({ ...one, neighbors: sorted(one.neighbors) });

describe('what an edit is told of', () => {
  it('some neighbours, and of all also every second wording; the others check', () => {
    const { told, neighbors, ...rest } = divided(fact, 'neighbours');
    expect(rest).toEqual({ subject: fact.subject, prompt: fact.prompt, target: fact.target, paraphrases: fact.paraphrases });
    expect(told!.neighbors.length).toBeGreaterThan(0);
    expect(neighbors!.length).toBeGreaterThan(0);
    expect(sorted([...told!.neighbors, ...neighbors!])).toEqual(sorted(fact.neighbors));
    expect(divided(fact, 'all')).toMatchObject({
      paraphrases: ['a', 'c'],
      neighbors,
      told: { wordings: ['b'], neighbors: told!.neighbors },
    });
    expect(divided(fact, 'nothing')).toEqual(fact);
  });

  it('of several subjects at least one each way; of a single one, however often it is asked about, none is told', () => {
    fc.assert(
      fc.property(fc.subarray(CITIES, { minLength: 2 }), (cities) => {
        const areTold = toldAmong(cities.map((city) => `${city} lies in`));
        expect(areTold).toContain(true);
        expect(areTold).toContain(false);
      }),
    );
    expect(toldAmong(['Rome lies in', 'The mayor of Rome is'])).toEqual([false, false]);
    expect(toldAmong([])).toEqual([]);
  });

  it('is for the name of its subject to say, not for its place: what most facts tell, few check', () => {
    const all = toldAmong(CITIES.map((city) => `${city} lies in`));
    expect(all.filter(Boolean).length / all.length).toBeCloseTo(0.5, 0);
    expect(toldAmong([...CITIES].reverse().map((city) => `The mayor of ${city} is`))).toEqual([...all].reverse());
  });

  it('is divided also where a fact brings other subjects with it, which are chosen anew', () => {
    const brought = { ...fact, told: { wordings: [], neighbors: [], background: ['Bern lies in'] } };
    expect(divided(brought, 'neighbours')).toEqual(divided(fact, 'neighbours'));
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
    const { told } = divided(fact, 'neighbours');
    expect(divided(whole, 'neighbours', true)).toMatchObject({
      sameSubject: ['s', 'u'],
      told: { ...told, sameSubject: [{ prompt: 't', target: 'stone' }] },
    });
    expect(divided(whole, 'nothing', true)).toMatchObject({
      neighbors: fact.neighbors,
      told: { neighbors: [], sameSubject: [{ prompt: 't' }] },
    });
    expect(divided({ ...fact, sameSubject: ['s'] }, 'nothing', true).told).toBeUndefined();
    // Asked again otherwise, what was told comes back or stays as it was.
    expect(divided(divided(whole, 'neighbours', true), 'neighbours', true)).toEqual(divided(whole, 'neighbours', true));
    expect(divided(divided(whole, 'neighbours', true), 'neighbours')).toEqual(divided(whole, 'neighbours'));
  });

  it('is undone without a loss, whatever is named', () => {
    const texts = fc.array(fc.string(), { maxLength: 7 });
    fc.assert(
      fc.property(
        texts,
        texts,
        texts,
        fc.constantFrom('all', 'neighbours', 'nothing'),
        fc.boolean(),
        (paraphrases, neighbors, sameSubject, choice, keeps) => {
          const whole: Fact = { ...fact, paraphrases, neighbors, sameSubject };
          const [edited] = setApart([divided(whole, choice, keeps)], [telling(neighbors.slice(0, 1))]);
          expect(unordered(undivided(edited!))).toEqual(unordered(whole));
        },
      ),
    );
  });
});

describe('a neighbour about a subject that another fact tells of', () => {
  const one = { ...fact, neighbors: ['Oslo lies in', 'Lima lies in'], told: { wordings: [], neighbors: ['Rome lies in'] } };
  const other = { ...fact, subject: 'Big Ben', neighbors: ['The mayor of Rome is', 'Quito lies in'] };

  it('stands apart, and so does one about a subject that is held beside these facts', () => {
    expect(setApart([one, other])).toEqual([
      one,
      { ...other, neighbors: ['Quito lies in'], told: { wordings: [], neighbors: [], apart: ['The mayor of Rome is'] } },
    ]);
    expect(setApart([one], [telling(['The mayor of Lima is'])])[0]).toMatchObject({
      neighbors: ['Oslo lies in'],
      told: { apart: ['Lima lies in'] },
    });
    expect(setApart([{ ...other, told: { wordings: [], neighbors: [], background: ['Quito is'] } }])[0]!.told!.apart).toEqual([
      'Quito lies in',
    ]);
  });

  it('stands apart in a script without capitals too, where one of the facts is asked in these words', () => {
    const chinese = { subject: '伦敦', prompt: '{}位于', target: '法国', neighbors: ['德国位于', '法国的首都是'] };
    const german = { ...chinese, subject: '柏林', neighbors: ['日本位于'], told: { wordings: [], neighbors: ['法国位于'] } };
    expect(setApart([chinese, german])[0]).toMatchObject({ neighbors: ['德国位于'], told: { apart: ['法国的首都是'] } });
  });

  it('checks again where nothing tells of it any more', () => {
    const [, apart] = setApart([one, other]);
    expect(unordered(divided(apart!, 'nothing'))).toEqual(unordered(other));
    expect(unordered(divided(apart!, 'neighbours'))).toEqual(unordered(divided(other, 'neighbours')));
  });

  it('is never counted, whatever facts name', () => {
    const lists = fc.array(fc.subarray(CITIES), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lists, (all) => {
        const facts = all.map((cities, at) =>
          divided({ ...fact, subject: `B${at}`, neighbors: cities.map((city) => `${city} is`) }, 'neighbours'),
        );
        const edited = setApart(facts);
        const told = new Set(toldTexts(edited).map((prompt) => subjectIn(prompt)));
        expect(toldTexts(edited)).toEqual(toldTexts(facts)); // what is solved is a matter of each fact alone
        for (const { neighbors } of edited) for (const prompt of prompts(neighbors)) expect(told.has(subjectIn(prompt))).toBe(false);
      }),
    );
  });
});
