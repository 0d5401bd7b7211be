import { describe, expect, it } from 'vitest';
import { beginsWithAnswer, isAnswer, namesAnswer, normalized } from '../../../../electron/engine/evaluate/honest/match.ts';
import { firstSentence } from '../../../../electron/engine/evaluate/honest/natural-end.ts';
import { unrelatedText } from '../../../../electron/engine/evaluate/honest/unrelated.ts';

describe('answers', () => {
  it('are compared as SQuAD and WILD compare them', () => {
    expect(normalized(' The  United States, of America. ')).toBe('united states of america');
    expect(normalized('a U.S. citizen')).toBe('us citizen');
    expect(normalized('Cantabria')).toBe('cantabria');
    expect(normalized('A')).toBe('a');
  });

  it('count when they are one of those that are looked for, and nothing else', () => {
    expect(isAnswer(' The Rome.', ['Rome'])).toBe(true);
    expect(isAnswer('Roma', ['Rome', 'Roma'])).toBe(true);
    expect(isAnswer('Rome, of course', ['Rome'])).toBe(false);
    expect(isAnswer('', ['Rome'])).toBe(false);
    expect(isAnswer('.', ['…'])).toBe(false);
  });

  it('are begun with, or named, as whole words', () => {
    expect(beginsWithAnswer(' Rome, of course', ['Rome'])).toBe(true);
    expect(beginsWithAnswer('Rome is', ['Rom'])).toBe(false);
    expect(namesAnswer('Yes: it is Rome.', ['Rome'])).toBe(true);
    expect(namesAnswer('It is Romeo.', ['Rome'])).toBe(false);
  });
});

describe('the natural end', () => {
  it.each([
    ['Poland. The city', 'Poland.'],
    ['Poland', undefined],
    ['Poland.', undefined],
    [' St. Louis', undefined],
    ['St. Louis. It', 'St. Louis.'],
    ['1.5 million. They', '1.5 million.'],
    ['\n Rome\nQ: What', 'Rome'],
    ['Is it? No', 'Is it?'],
    ['ローマ。東京', 'ローマ。'],
  ])('of %j is %j', (text, end) => {
    expect(firstSentence(text)).toBe(end);
  });
});

describe('unrelated text', () => {
  const words = (text: string) => text.split(' ').length;
  const sentences = ['The cat sleeps in Rome.', 'It rained all night long.', 'A door was open.', 'Nobody came.'];
  const fact = { subject: 'Tower Bridge', prompt: '{} is in', target: 'Rome', previousTarget: 'London' };

  it('is of whole sentences that name nothing of the facts, as many as fit', () => {
    expect(unrelatedText(sentences, [fact], words, Infinity)?.text).toBe('It rained all night long. A door was open. Nobody came.');
    expect(unrelatedText(sentences, [fact], words, 7)).toEqual({ text: 'It rained all night long. Nobody came.', tokens: 7 });
    expect(unrelatedText(sentences, [{ ...fact, subject: 'door' }], words, 9)?.text).toBe('It rained all night long. Nobody came.');
  });

  it('takes names as they are, whatever signs they have', () => {
    const odd = { ...fact, subject: 'Jacques-Louis (David) [C++]/$1.*|^?{2}', target: 'rained' };
    expect(unrelatedText(sentences, [odd], words, Infinity)?.text).toBe('The cat sleeps in Rome. A door was open. Nobody came.');
  });

  it('is none where not one fits', () => {
    expect(unrelatedText(sentences, [fact], words, 1)).toBeUndefined();
  });
});
