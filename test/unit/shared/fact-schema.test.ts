import * as v from 'valibot';
import { expect, it } from 'vitest';
import { TEXT_LIMIT } from '../../../shared/contract/define.ts';
import { FactSchema } from '../../../shared/fact.ts';

it('every text of a fact is as long as any other text may be at most', () => {
  const fact = { subject: 'a', prompt: '{} is', target: 'b' };
  const long = 'x'.repeat(TEXT_LIMIT + 1);
  expect(v.is(FactSchema, fact)).toBe(true);
  for (const more of [
    { subject: long },
    { target: long },
    { paraphrases: [long] },
    { neighbors: [{ prompt: long }] },
    { neighbors: [long] },
  ])
    expect(v.is(FactSchema, { ...fact, ...more })).toBe(false);
});
