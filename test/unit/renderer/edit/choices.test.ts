import { describe, expect, it } from 'vitest';
import { LAYERS } from '../../../../shared/methods/settings.ts';
import { choicesFor, choiceText, readChoice, withChoice } from '../../../../renderer/screens/edit/choices.ts';

const read = (key: string, text: string) => readChoice({ key }, text, 6);

describe('readChoice', () => {
  it('takes empty text as unset', () => {
    expect(read('steps', '  ')).toEqual({ value: undefined });
  });

  it.each([
    ['learningRate', '0.5', 0.5],
    ['learningRate', '0,5', 0.5],
    ['covarianceWeight', '1e4', 10_000],
    ['steps', '25', 25],
    ['key', 'mixed', 'mixed'],
    ['layers', '3', [3]],
    ['layers', '4, 1-2', [1, 2, 4]],
  ] as const)('reads %s from %s', (key, text, value) => {
    expect(read(key, text)).toEqual({ value });
  });

  it.each([
    ['steps', '2.5', 'whole number'],
    ['steps', '0', 'from 1 to 10000'],
    ['steps', '20000', 'from 1 to 10000'],
    ['clamp', '-1', 'above 0'],
    ['clamp', 'much', '"much"'],
    ['key', 'other', 'averaged or mixed'],
    ['layers', '6', 'layers 0 to 5'],
    ['layers', '4-2', 'ascending'],
    ['layers', 'last', '"last"'],
  ] as const)('says what is wrong with %s: %s', (key, text, problem) => {
    expect((read(key, text) as { problem: string }).problem).toContain(problem);
  });
});

describe('choices', () => {
  it('are shown as they are typed', () => {
    expect(choiceText(LAYERS, [1, 2, 3, 5])).toBe('1-3, 5');
    expect(read('layers', choiceText(LAYERS, [0, 1, 3]))).toEqual({ value: [0, 1, 3] });
    expect(choiceText(LAYERS, undefined)).toBe('');
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
