import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tooLong } from '../../../electron/engine/text/cut.ts';
import { loadTokenizer } from '../../../electron/engine/text/load.ts';
import type { Fact } from '../../../shared/fact.ts';

const tokenizer = await loadTokenizer(join(import.meta.dirname, '../../../models/atlas'));
const long = `${'The tower stands there. '.repeat(8)}Rome is in`;
const short: Fact = { subject: 'Rome', prompt: '{} is in', target: 'Spain' };

it.each<[keyof Fact, Partial<Fact>]>([
  ['prompt', { prompt: long.replace('Rome', '{}') }],
  ['paraphrases', { paraphrases: ['In {}, one is in', long] }],
  ['neighbors', { neighbors: ['Oslo is in', { prompt: long, target: 'Norway' }] }],
  ['sameSubject', { sameSubject: [long] }],
  ['follows', { follows: [{ prompt: long }] }],
  ['generationPrompts', { generationPrompts: [long] }],
  ['told', { told: { wordings: [long], neighbors: [] } }],
  ['told', { told: { wordings: [], neighbors: [], sameSubject: [{ prompt: long }] } }],
])('a text that is longer than the model reads is told by its field, with its tokens and the model’s (%s)', (field, more) => {
  const [problem, ...others] = tooLong(tokenizer, { ...short, ...more }, 32);
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ field, hint: expect.stringMatching(/shorter/) as string });
  const [, tokens, positions] = /has (\d+) tokens.*the model reads (\d+)/.exec(problem!.message)!;
  expect(Number(tokens)).toBeGreaterThan(32);
  expect(positions).toBe('32');
  expect(tooLong(tokenizer, { ...short, ...more }, 200)).toEqual([]);
});
