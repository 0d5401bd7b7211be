import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { cleanGeneration, generationEntropy, meanGenerationEntropy } from '../../../electron/engine/evaluate/fluency.ts';
import {
  argmax,
  average,
  harmonicMean,
  magnitude,
  neighborMagnitude,
  neighborSuccess,
  perplexity,
  success,
} from '../../../electron/engine/evaluate/metrics.ts';
import { klDivergence } from '../../../electron/engine/linalg/distributions.ts';
import { sentenceTokens, wordTokens } from '../../../electron/engine/evaluate/words.ts';

const golden = v.parse(
  v.object({
    words: v.array(v.object({ sentence: v.string(), words: v.array(v.string()) })),
    entropies: v.array(v.object({ text: v.string(), entropy: v.number() })),
  }),
  JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/golden.json'), 'utf8')),
);

const pairs = [
  { wanted: Math.log(2), previous: Math.log(4) },
  { wanted: Math.log(10), previous: Math.log(5) },
  { wanted: 1, previous: 1 },
];

describe('success and magnitude', () => {
  it('compare likelihoods strictly', () => {
    expect(success(pairs)).toBeCloseTo(1 / 3, 12);
    expect(neighborSuccess(pairs)).toBeCloseTo(1 / 3, 12); // a tie counts for neither
    expect(success([])).toBeUndefined();
  });
  it('are differences of probabilities', () => {
    expect(magnitude(pairs)).toBeCloseTo((1 / 2 - 1 / 4 + (1 / 10 - 1 / 5)) / 3, 12);
    expect(neighborMagnitude(pairs)).toBeCloseTo(-magnitude(pairs)!, 12);
  });
});

describe('harmonicMean', () => {
  it('is that of ROME’s table for GPT-2 XL', () => expect(harmonicMean([1, 0.964, 0.754])! * 100).toBeCloseTo(89.2, 1));
  it('is 0 with a 0 and unknown with an unknown', () => {
    expect(harmonicMean([1, 0, 1])).toBe(0);
    expect(harmonicMean([1, undefined, 1])).toBeUndefined();
  });
});

describe('average', () => {
  it('leaves out cases without a value and counts the others', () => {
    expect(average([1, undefined, 0, 0.5], 100)).toEqual({
      mean: 50,
      deviation: expect.closeTo(100 * Math.sqrt(1 / 6), 10) as number,
      cases: 3,
    });
    expect(average([undefined])).toBeUndefined();
  });
});

describe('klDivergence, perplexity, argmax', () => {
  const logs = (weights: number[]) => weights.map((weight) => Math.log(weight / weights.reduce((sum, one) => sum + one, 0)));
  it('is 0 for equal, positive for other distributions, and infinite where the second rules out the first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 9 }), (weights) => {
        expect(klDivergence(logs(weights), logs(weights))).toBe(0);
        expect(klDivergence(logs(weights), logs([...weights.slice(1), weights[0]! + 5000]))).toBeGreaterThan(0);
      }),
    );
    expect(klDivergence(logs([1, 3]), logs([1, 1]))).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 12);
    expect(klDivergence([Math.log(0.5), Math.log(0.5)], [0, Number.NEGATIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
    expect(klDivergence([0, Number.NEGATIVE_INFINITY], [0, Number.NEGATIVE_INFINITY])).toBe(0);
  });
  it('has perplexity n for n equally likely tokens', () => expect(perplexity(7 * Math.log(50), 7)).toBeCloseTo(50, 10));
  it('takes the first of equal values', () => expect(argmax([1, 3, 3, 2])).toBe(1));
});

describe('wordTokens', () => {
  it.each(golden.words)('splits as nltk does: $sentence', ({ sentence, words }) => expect(sentenceTokens(sentence)).toEqual(words));
  it('ends sentences, but not at shortened words and initials', () => {
    expect(wordTokens('He met Dr. Smith. J. Doe left. It was 5 p.m. and late.')).toEqual([
      'He',
      'met',
      'Dr.',
      'Smith',
      '.',
      'J.',
      'Doe',
      'left',
      '.',
      'It',
      'was',
      '5',
      'p.m.',
      'and',
      'late',
      '.',
    ]);
  });
});

describe('generationEntropy', () => {
  it.each(golden.entropies)('is that of the published code: $text', ({ text, entropy }) =>
    expect(generationEntropy(text)).toBeCloseTo(entropy, 12),
  );
  it('is lower for a text that repeats itself, and 0 for one word', () => {
    expect(generationEntropy('go on and go on and go on and go on')).toBeLessThan(
      generationEntropy('we went along the river until it was dark'),
    );
    expect(generationEntropy('word')).toBe(0);
    expect(meanGenerationEntropy(['one two three', 'word'])).toBe(generationEntropy('one two three') / 2);
    expect(meanGenerationEntropy([])).toBeUndefined();
  });
  it('reads generated texts as the published code does', () => expect(cleanGeneration('ﬁn\n\nal<|endoftext|>')).toBe('fin al'));
});
