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
