import { describe, expect, it } from 'vitest';
import { findText, oddCharacters, sameText } from '../../../shared/characters.ts';
import { factProblems, putSlot } from '../../../shared/fact.ts';

describe('odd characters', () => {
  it.each([
    ['Tower Bridge\u200B', 'U+200B'],
    ['Tower\u0000Bridge', 'U+0000'],
    ['Z\uFFFDrich', 'U+FFFD'],
    ['a\uD800b', 'U+D800'],
    ['soft\u00ADhyphen', 'U+00AD'],
    ['\uFEFFRome', 'U+FEFF'],
    ['Ro\u2060me', 'U+2060'],
    ['Ro\u202Eme', 'U+202E'],
    ['Rome\u200D', 'U+200D'],
    ['Ro\u200Cme', 'U+200C'],
  ])('that cannot be meant: %j', (text, name) => {
    expect(oddCharacters(text)).toContainEqual(
      expect.objectContaining({ isWrong: true, message: expect.stringContaining(name) as string }),
    );
  });

  it.each([
    ['Tower\u00A0Bridge', 'U+00A0'],
    ['Cafe\u0301', 'apart'],
    ['Р\u0430ris', 'Latin and Cyrillic'],
    ['KÃ¶ln', 'UTF-8'],
  ])('that should be known: %j', (text, name) => {
    expect(oddCharacters(text)).toContainEqual(
      expect.objectContaining({ isWrong: false, message: expect.stringContaining(name) as string }),
    );
  });

  it.each([
    'می\u200Cخواهم',
    'क्\u200Dष',
    '👨\u200D👩\u200D👧',
    '🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}',
    'ภาษา\u200Bไทย',
    'Île-de-France',
    '東京\u3000都',
    'Ёлка',
  ])('not in what people write: %j', (text) => expect(oddCharacters(text)).toEqual([]));
});

describe('finding a subject', () => {
  it('takes whole words before parts of words', () => {
    expect(putSlot('Romeo came to Rome', 'Rome', 'first')).toBe('Romeo came to {}');
    expect(putSlot('Romeo came', 'Rome', 'first')).toBe('{}o came');
    expect(putSlot('In Rome, as we know, Rome is', 'Rome', 'last')).toBe('In Rome, as we know, {} is');
    expect(putSlot('東京都は', '東京', 'first')).toBe('{}都は');
  });

  it('finds what differs in accents written apart, apostrophes and spaces, and keeps the rest as it is', () => {
    expect(putSlot('The city of Café Müller is', 'Cafe\u0301 Mu\u0308ller', 'last')).toBe('The city of {} is');
    expect(putSlot('Hudson\u2019s Bay lies in', "Hudson's Bay", 'last')).toBe('{} lies in');
    expect(putSlot('e\u0301 Tower\u00A0Bridge e\u0301', 'Tower Bridge', 'last')).toBe('e\u0301 {} e\u0301');
    expect(findText('Cafe\u0301', 'Cafe')).toEqual([]);
    expect(sameText(' Tower \u00A0 Bridge')).toBe('Tower Bridge');
  });

  it('takes one question for one, however it is parted into subject and prompt', () => {
    const problems = factProblems([
      { subject: 'Tower', prompt: '{} Bridge stands in', target: 'Rome' },
      { subject: 'Tower Bridge', prompt: '{} stands in', target: 'Oslo' },
    ]);
    expect(problems).toMatchObject([{ index: 1, field: 'target', severity: 'error' }]);
  });
});
