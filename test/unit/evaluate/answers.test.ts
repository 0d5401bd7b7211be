import { describe, expect, it } from 'vitest';
import { answerIn, beginsWith, wholeWords } from '../../../electron/engine/evaluate/answers.ts';

describe('beginsWith', () => {
  it.each([
    [' Po, of course', 'Po', true],
    [' Poland', 'Po', false],
    ['Po', ' Po', true],
    [' 1999', '199', false],
    ['巴黎是', '巴黎', true],
    [' C++ is', 'C++', true],
    ['x Po', 'Po', false],
  ])('%j, %j: %s', (answer, target, begins) => {
    expect(beginsWith(answer, target)).toBe(begins);
  });
});

describe('wholeWords', () => {
  it.each([
    [[' United', ' United States', ' United States of'], 2, 2],
    [[' Mil', ' Milan', ' Milan,'], 1, 2],
    [[' M', ' Mi', ' Mil'], 1, 3],
    [[' Milan'], 4, 1],
    [[], 1, 0],
    [[' 19', ' 1999'], 1, 2],
    [['巴', '巴黎'], 1, 1],
  ])('%j, at least %d: %d', (texts, least, tokens) => {
    expect(wholeWords(texts, least)).toBe(tokens);
  });
});

describe('answerIn', () => {
  it.each([
    [' London.', 'London'],
    [' London and is one of the', 'London'],
    [' the United States of America, which', 'the United States of America'],
    [' United States and Canada and', 'United States and Canada'],
    [' New York City. It', 'New York City'],
    [' electric guitar. He', 'electric guitar'],
    [' the dollar and the people', 'the dollar'],
    [' English, but he', 'English'],
    [' St. Petersburg. The', 'St. Petersburg'],
    [' J. R. R. Tolkien. The', 'J. R. R. Tolkien'],
    [' 3.14 and so', '3.14'],
    [' novelist who wrote many', 'novelist'],
    ['\nThe', 'The'],
    ['', ''],
  ])('%j: %j', (text, answer) => {
    expect(answerIn(text)).toBe(answer);
  });
});
