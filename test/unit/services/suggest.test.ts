import { describe, expect, it } from 'vitest';
import { suggestFor, type Taught } from '../../../electron/services/suggest.ts';

const TAUGHT: Taught = {
  relations: {
    capital: { templates: ['The capital of {} is', "{}'s capital is", 'The government of {} sits in'] },
    continent: { templates: ['{} is a country in'] },
  },
  facts: [
    { subject: 'France', relation: 'capital', object: 'Paris' },
    { subject: 'Germany', relation: 'capital', object: 'Berlin' },
    { subject: 'Texas', relation: 'capital', object: 'Paris' },
    { subject: 'Spain', relation: 'capital', object: 'Madrid' },
    { subject: 'France', relation: 'continent', object: 'Europe' },
  ],
};

describe('suggestions for a fact', () => {
  it('takes other phrasings, and first the subjects with the same previous answer', () => {
    const found = suggestFor({ subject: 'France', prompt: 'The capital of {} is', target: 'Berlin' }, TAUGHT, []);
    expect(found.previousTarget).toBe('Paris');
    expect(found.paraphrases).toEqual(["France's capital is", 'The government of France sits in']);
    expect(found.neighbors).toEqual([
      { prompt: 'The capital of Texas is', target: 'Paris' },
      { prompt: 'The capital of Spain is', target: 'Madrid' },
    ]);
  });

  it('knows the relation by its answer when the prompt is in other words', () => {
    const found = suggestFor(
      { subject: 'France', prompt: 'If you fly to {} you land in', target: 'Rome', previousTarget: 'Paris' },
      TAUGHT,
      [],
    );
    expect(found.paraphrases).toContain('The capital of France is');
    expect(found.neighbors).toContainEqual({ prompt: 'If you fly to Texas you land in', target: 'Paris' });
  });

  it('makes do with the other facts when nothing is known of the model', () => {
    const other = { subject: 'Peru', prompt: 'The capital of {} is', target: 'Quito', previousTarget: 'Lima' };
    const found = suggestFor({ subject: 'France', prompt: 'The capital of {} is', target: 'Berlin' }, undefined, [other]);
    expect(found.neighbors).toEqual([{ prompt: 'The capital of Peru is', target: 'Lima' }]);
    expect(found.paraphrases.every((one) => one.endsWith('The capital of France is'))).toBe(true);
    expect(found.previousTarget).toBeUndefined();
  });
});
