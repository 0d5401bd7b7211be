import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { Tokenizer, TokenizerJsonSchema } from '../../../electron/engine/text/tokenizer.ts';

export const fixtures = join(import.meta.dirname, 'fixtures');
export const families = ['gpt2', 'llama3', 'llama2', 'unigram'] as const;
export type Family = (typeof families)[number];

/** A fixture's tokenizer.json, to be changed by a test before it is used. */
export function fixtureJson(family: Family): Record<string, unknown> {
  return v.parse(v.looseObject({}), JSON.parse(readFileSync(join(fixtures, family, 'tokenizer.json'), 'utf8')));
}

export function fixture(family: Family, change: Record<string, unknown> = {}): Tokenizer {
  return new Tokenizer(v.parse(TokenizerJsonSchema, { ...fixtureJson(family), ...change }));
}
