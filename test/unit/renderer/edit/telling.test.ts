import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countParts, keepsOwn, partsOf, subjectsTold, toldChoice } from '../../../../renderer/screens/edit/telling.ts';
import type { MethodInfo } from '../../../../shared/contract/edits.ts';
import type { Fact } from '../../../../shared/fact.ts';
import { divided, setApart, toldAmong, TOLD, type ToldChoice } from '../../../../shared/told.ts';

const fact = (paraphrases: readonly string[], neighbors: readonly string[]): Fact => ({
  subject: 'Tower Bridge',
  prompt: '{} is in',
  target: 'Rome',
  paraphrases: [...paraphrases],
  neighbors: [...neighbors],
});

describe('what the form marks as told', () => {
  it('is some neighbours and, of all, every second wording; lines left empty are counted out, as they are not sent', () => {
    const written = fact(['Tower Bridge a', '', '{} b', 'c'], ['n', ' ', 'o', 'p']);
    const told = toldAmong(['n', 'o', 'p']).map((isTold) => (isTold ? 'told' : 'checks'));
    expect(new Set(told)).toEqual(new Set(['told', 'checks']));
    expect(partsOf(written, 'neighbours')).toEqual({
      paraphrases: ['checks', undefined, 'checks', 'checks'],
      neighbors: [told[0], undefined, told[1], told[2]],
      sameSubject: [],
    });
    expect(partsOf(written, 'all').paraphrases).toEqual(['checks', undefined, 'told', 'checks']);
    expect(partsOf(written, 'nothing').neighbors).toEqual(['checks', undefined, 'checks', 'checks']);
  });

  it('says of a wording without the subject that it is not written', () => {
    expect(partsOf(fact(['Tower Bridge a', 'The bridge is in'], []), 'all').paraphrases).toEqual(['checks', 'unwritten']);
  });

  it('is what the edit divides, whatever is named', () => {
    const texts = fc.array(fc.constantFrom('a', 'b', 'Tower Bridge', '{}'), { maxLength: 7 });
    fc.assert(
      fc.property(texts, texts, fc.constantFrom(...TOLD), (paraphrases, neighbors, choice: ToldChoice) => {
        const whole = fact(paraphrases, neighbors);
        const sent = divided(whole, choice);
        const parts = partsOf(whole, choice);
        const of = (texts: readonly string[], marks: readonly unknown[], wanted: readonly string[]) =>
          texts.filter((_, at) => wanted.includes(String(marks[at])));
        expect(of(neighbors, parts.neighbors, ['told'])).toEqual(sent.told?.neighbors ?? []);
        expect(of(neighbors, parts.neighbors, ['checks'])).toEqual(sent.neighbors);
        expect(of(paraphrases, parts.paraphrases, ['told', 'unwritten'])).toEqual(sent.told?.wordings ?? []);
        expect(countParts(parts.paraphrases).checks).toBe(sent.paraphrases!.length);
      }),
    );
  });

  it('says of a neighbour about a subject that another fact tells of that it checks nothing, as the edit has it', () => {
    const cities = fc.subarray(['Oslo', 'Lima', 'Rome', 'Cairo', 'Quito']);
    fc.assert(
      fc.property(cities, cities, fc.constantFrom(...TOLD), (one, other, choice: ToldChoice) => {
        const facts = [
          fact(
            [],
            one.map((city) => `${city} is`),
          ),
          fact(
            [],
            other.map((city) => `The mayor of ${city} is`),
          ),
        ];
        const sent = setApart(facts.map((each) => divided(each, choice)));
        const subjects = subjectsTold(facts, choice);
        facts.forEach((each, at) => {
          const { apart, told, checks } = countParts(partsOf(each, choice, false, subjects).neighbors);
          const { neighbors = [], told: of } = sent[at]!;
          expect([checks, told, apart]).toEqual([neighbors.length, of?.neighbors.length ?? 0, of?.apart?.length ?? 0]);
        });
      }),
    );
  });

  it('leaves a fact that says itself what is told as it is', () => {
    const said = { ...fact(['a', 'b'], ['n', 'o']), told: { wordings: ['c'], neighbors: [] } };
    expect(partsOf(said, 'all')).toMatchObject({ paraphrases: ['checks', 'checks'], neighbors: ['checks', 'checks'] });
    const own = { ...said, sameSubject: ['s', 't'] };
    expect(partsOf(own, 'all', true).sameSubject).toEqual(['checks', 'told']);
    expect(partsOf({ ...own, told: { ...said.told, sameSubject: ['u'] } }, 'all', true).sameSubject).toEqual(['checks', 'checks']);
  });
});

describe('other facts about the subject', () => {
  it('are all held back, unless the search is asked to keep them: then it is every second one, as the edit divides them', () => {
    const whole: Fact = { ...fact([], ['n', 'o']), sameSubject: ['s', '', { prompt: 't', target: 'x' }, 'u'] };
    expect(partsOf(whole, 'neighbours').sameSubject).toEqual(['checks', undefined, 'checks', 'checks']);
    expect(partsOf(whole, 'nothing', true).sameSubject).toEqual(['checks', undefined, 'told', 'checks']);
    const sent = divided({ ...whole, sameSubject: ['s', { prompt: 't', target: 'x' }, 'u'] }, 'nothing', true);
    expect(sent).toMatchObject({ sameSubject: ['s', 'u'], told: { sameSubject: [{ prompt: 't' }] } });
    const method = (value: string) => ({
      settings: [{ key: 'ownFactor' as const, label: '', help: '', kind: 'number' as const, value, source: '' }],
    });
    expect([keepsOwn(method('0'), {}), keepsOwn(method('0.3'), {}), keepsOwn(method('0'), { ownFactor: 0.3 })]).toEqual([
      false,
      true,
      true,
    ]);
    expect(keepsOwn({ settings: [] }, { ownFactor: 0.3 })).toBe(false);
  });
});

describe('toldChoice', () => {
  const method = (value?: string): Pick<MethodInfo, 'settings'> => ({
    settings: value === undefined ? [] : [{ key: 'told', label: 'Told', help: '', kind: 'choice', value, source: 'published' }],
  });

  it('is what was set, else what the method takes, of a file too; nothing where the method has no such setting', () => {
    expect(toldChoice(method('neighbours'), {})).toBe('neighbours');
    expect(toldChoice(method('nothing'), { told: 'all' })).toBe('all');
    expect(toldChoice(method(), { told: 'all' })).toBe('nothing');
    expect(toldChoice(undefined, { told: 'all' })).toBeUndefined();
  });
});
