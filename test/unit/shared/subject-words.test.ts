import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAboutAny, subjectIn } from '../../../shared/subject-words.ts';

describe('what a prompt is likely to be about', () => {
  it.each([
    ['Boston is a city in the country of', 'boston'],
    ['Anyone who visits Seattle is travelling in', 'seattle'],
    ['The Louvre is in the city of', 'louvre'],
    ['San Francisco is a city in the country of', 'san francisco'],
    ['Q: In which country is Warsaw? A:', 'warsaw'],
    ['In Egypt, most people speak', 'egypt'],
    ['Readers of King Lear admire the author', 'king lear'],
    ["France's capital is", 'france'],
    ['The mother tongue of Leonardo da Vinci is', 'leonardo da vinci'],
    ['The coast of the Gulf of Mexico lies in', 'gulf of mexico'],
    ["Gulliver's Travels was written in", 'gulliver s travels'],
    ['the sky is', 'the sky is'],
    ['法国的首都是', '法国的首都是'],
    ['', ''],
  ])('%s', (prompt, subject) => {
    expect(subjectIn(prompt)).toBe(subject);
  });

  it('is one of some subjects also where its name stands inside another guess', () => {
    const told = new Set([subjectIn('The capital of Mexico is')]);
    expect(isAboutAny('Mexico lies in', told)).toBe(true);
    expect(isAboutAny('In Mexico, most people speak', told)).toBe(true);
    expect(isAboutAny('The United States of Mexico are', told)).toBe(true); // left out, though another may be meant
    expect(isAboutAny('Mexicana flies from', told)).toBe(false);
    expect(isAboutAny('The capital of Peru is', told)).toBe(false);
  });

  it.each([
    ['法国的首都是', '{}的首都是', '法国'],
    ['die Hauptstadt von Frankreich ist', 'die Hauptstadt von {} ist', 'frankreich'],
    ['the capital of new zealand is', 'the capital of {} is', 'new zealand'],
    ['The company Bank of America comes from', 'The company {} comes from', 'bank of america'],
    ['Scholars read The Hunchback of Notre-Dame in the original', 'Scholars read {} in the original', 'hunchback of notre-dame'],
    ['Anyone who visits Seattle is', '{} is', 'seattle'],
    ['法国位于', '{}的首都是', '法国位于'], // another wording tells nothing of it
    [' is', '{} is', 'is'],
    ['{} is', '{} is {}', 'is'],
  ])('is what stands in a known wording in place of {}: %s', (prompt, wording, subject) => {
    expect(subjectIn(prompt, [wording])).toBe(subject);
    expect(subjectIn(prompt, ['a {} b', wording])).toBe(subject);
  });

  it('is one of some subjects, in a script without capitals wherever it stands', () => {
    const told = new Set([subjectIn('法国的首都是', ['{}的首都是'])]);
    expect(isAboutAny('法国位于', told)).toBe(true);
    expect(isAboutAny('德国位于', told)).toBe(false);
    expect(isAboutAny('France lies in', told)).toBe(false);
  });

  it('is the same in every known wording, whatever the name and its script', () => {
    const wordings = ['{}的首都是', 'die Hauptstadt von {} ist', 'what do people speak in {}? they speak', '{}'];
    const name = fc
      .stringMatching(/^[a-zäöü国法德日本ابج]{1,6}( [a-z]{2,5})?$/u)
      .filter((one) => one.trim() === one && !one.startsWith('x '));
    fc.assert(
      fc.property(name, (one) => {
        expect(new Set(wordings.map((wording) => subjectIn(wording.replace('{}', one), wordings.slice(0, 3)))).size).toBe(1);
      }),
    );
  });

  it('is the same in every wording that has the name with capitals, and never throws', () => {
    const name = fc.stringMatching(/^[A-Z][a-z]{2,8}( [A-Z][a-z]{2,8})?$/);
    const wordings = ['The capital of {} is', '{} lies in', 'In {}, people speak', "{}'s language is", 'Q: Where is {}? A:'];
    fc.assert(
      fc.property(name, (one) => {
        // A name that begins like a sentence is one of the words that are left out.
        fc.pre(!/^(At|For|From|How|In|On|The|To|What|When|Where|Which|Who|Whose) ?/.test(`${one} `.split(' ')[0]!));
        expect(new Set(wordings.map((wording) => subjectIn(wording.replace('{}', one))))).toEqual(new Set([one.toLowerCase()]));
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof subjectIn(text) === 'string' && !isAboutAny(text, new Set())));
  });
});
