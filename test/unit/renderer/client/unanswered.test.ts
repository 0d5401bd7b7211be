import { expect, it } from 'vitest';
import { isOver, unanswered } from '../../../../renderer/client/unanswered.ts';

it('is over once somebody answers again, even where the error comes later than that', () => {
  const error = { message: 'The server does not answer.', details: unanswered(100) };
  expect(isOver(error, -Infinity)).toBe(false);
  expect(isOver(error, 90)).toBe(false); // found before it was asked, and gone again
  expect(isOver(error, 150)).toBe(true);
  for (const other of [undefined, 'text', new Error('another'), { details: { connection: 'lost' } }])
    expect(isOver(other, 1e9)).toBe(false);
});
