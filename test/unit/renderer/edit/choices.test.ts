import { describe, expect, it } from 'vitest';
import { choicesFor, choiceText, readChoice, withChoice } from '../../../../renderer/screens/edit/choices.ts';

const read = (key: string, kind: 'number' | 'integer' | 'layers' | 'choice', text: string) =>
  readChoice({ key, kind, choices: ['averaged', 'mixed'] }, text, 6);

describe('readChoice', () => {
  it('takes empty text as unset', () => {
    expect(read('steps', 'integer', '  ')).toEqual({ value: undefined });
  });

  it.each([
    ['learningRate', 'number', '0.5', 0.5],
    ['learningRate', 'number', '0,5', 0.5],
    ['covarianceWeight', 'number', '1e4', 10_000],
    ['steps', 'integer', '25', 25],
    ['key', 'choice', 'mixed', 'mixed'],
    ['layers', 'layers', '3', [3]],
    ['layers', 'layers', '4, 1-2', [1, 2, 4]],
  ] as const)('reads %s as %s from %s', (key, kind, text, value) => {
    expect(read(key, kind, text)).toEqual({ value });
  });

  it.each([
    ['steps', 'integer', '2.5', 'whole number'],
    ['steps', 'integer', '0', 'at least 1'],
    ['steps', 'integer', '20000', 'too large'],
    ['clamp', 'number', '-1', 'not negative'],
    ['clamp', 'number', 'much', '"much"'],
    ['key', 'choice', 'other', 'averaged, mixed'],
    ['layers', 'layers', '6', 'layers 0 to 5'],
    ['layers', 'layers', '4-2', 'backwards'],
    ['layers', 'layers', 'last', '"last"'],
  ] as const)('says what is wrong with %s as %s: %s', (key, kind, text, problem) => {
    expect((read(key, kind, text) as { problem: string }).problem).toContain(problem);
  });
});

describe('choices', () => {
  it('are shown as they are typed', () => {
    expect(choiceText([1, 2, 3, 5])).toBe('1-3, 5');
    expect(read('layers', 'layers', choiceText([0, 1, 3]))).toEqual({ value: [0, 1, 3] });
    expect(choiceText(undefined)).toBe('');
  });

  it('are unset again, and wait while the method has no use for them', () => {
    expect(withChoice({ steps: 5, seed: 1 }, 'steps', undefined)).toEqual({ seed: 1 });
    expect(
      choicesFor(
        { steps: 5, covarianceWeight: 2 },
        { settings: [{ key: 'steps', label: '', help: '', kind: 'integer', value: '', source: '' }] },
      ),
    ).toEqual({ steps: 5 });
  });
});
