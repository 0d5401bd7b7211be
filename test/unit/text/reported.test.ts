import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmendError } from '../../../shared/errors.ts';
import { loadTokenizer } from '../../../electron/engine/text/load.ts';

/** Reported cases of tokenizers: a folder with tokenizer.json, and the ids that the Rust tokenizers give. */
const fixtures = process.env['EMEND_FIXTURES'] ?? resolve(import.meta.dirname, '../../../../shared/fixtures');
const reports = join(fixtures, 'reports', 'import');
interface Expected {
  readonly texts?: readonly { readonly text: string; readonly ids: readonly number[] }[];
}
const expectedOf = (name: string) => JSON.parse(readFileSync(join(reports, name, 'expected.json'), 'utf8')) as Expected;
const cases = !existsSync(reports)
  ? []
  : readdirSync(reports).filter((name) => existsSync(join(reports, name, 'input/tokenizer.json')) && expectedOf(name).texts !== undefined);

describe.runIf(cases.length > 0)('tokenizers that were reported', () => {
  it.each(cases)('%s gives the ids of the Rust tokenizers, or is refused by the part that cannot be run', async (name) => {
    const opened = await loadTokenizer(join(reports, name, 'input')).catch((error: unknown) => error);
    if (opened instanceof EmendError) {
      expect(opened).toMatchObject({ code: 'unsupported', message: expect.stringMatching(/tokenizer\.json has a part .*: /) as string });
      return;
    }
    const tokenizer = opened as Awaited<ReturnType<typeof loadTokenizer>>;
    for (const { text, ids } of expectedOf(name).texts!) expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
  });
});
