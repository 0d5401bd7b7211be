import { expect, it } from 'vitest';
import { correction } from '../../../../renderer/screens/ask/correct.ts';

it.each([
  ['Los Angeles is in', 'United States. It', { subject: 'Los Angeles', prompt: '{} is in', previous: 'United States' }],
  ['The capital of Norway is', ' Oslo', { subject: 'Norway', prompt: 'The capital of {} is', previous: 'Oslo' }],
  [
    'The mother tongue of Claude Debussy is',
    'French,',
    { subject: 'Claude Debussy', prompt: 'The mother tongue of {} is', previous: 'French' },
  ],
  ['The Eiffel Tower is in', 'a city that many people visit', { subject: 'Eiffel Tower', prompt: 'The {} is in' }],
  ['Norway’s capital is', '', { subject: 'Norway', prompt: '{}’s capital is' }],
  ['water boils at ', '100 degrees', { prompt: 'water boils at', previous: '100 degrees' }],
])('takes the subject and the answer now from what was asked: %s', (prompt, answer, starts) => {
  expect(correction(prompt, answer)).toEqual(starts);
});
