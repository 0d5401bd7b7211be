import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { corpusFromFile } from '../../../electron/engine/edit/corpus.ts';
import { loadTokenizer } from '../../../electron/engine/text/load.ts';
import type { Tokenizer } from '../../../electron/engine/text/tokenizer.ts';
import { EmendError } from '../../../shared/errors.ts';

let folder: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'emend-corpus-'));
  tokenizer = await loadTokenizer(resolve(import.meta.dirname, '../../../models/atlas'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string | Uint8Array): string {
  const path = join(folder, 'text.txt');
  writeFileSync(path, content);
  return path;
}
const WORDS = 'The capital of France is Paris, and the river of London is the Thames. ';

test('lines are rows, and where there are fewer tokens than asked for that is said', async () => {
  const { rows, name } = await corpusFromFile(tokenizer, file(`${WORDS}\n\n${WORDS.repeat(5)}\n`), 10_000);
  const count = rows.reduce((sum, row) => sum + row.length, 0);
  expect(name).toBe(`text.txt (all of its ${count} tokens; 10000 were asked for)`);
  expect((await corpusFromFile(tokenizer, file(WORDS.repeat(50)), 200)).name).toBe('text.txt');
});

test('one line of megabytes is cut at spaces, stops when it has enough, and can be stopped', async () => {
  const long = file(WORDS.repeat(60_000));
  const { rows } = await corpusFromFile(tokenizer, long, 30_000);
  expect(rows.every((row) => row.length <= 128)).toBe(true);
  expect(rows.flat().length).toBeGreaterThanOrEqual(30_000);
  let looked = 0;
  const stopped = corpusFromFile(tokenizer, long, 1e9, () => {
    if (++looked > 3) throw new EmendError('cancelled', 'Stopped.');
  });
  await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
  expect((await corpusFromFile(tokenizer, file('x'.repeat(50_000)), 10_000)).rows.length).toBeGreaterThan(1);
});

test.each([
  ['nothing', '', /holds no text/],
  ['next to nothing', 'A few words.', /too few/],
  ['bytes', Uint8Array.from({ length: 4000 }, (_, at) => (at * 37) % 251), /no text|encoding/],
  ['another encoding', Buffer.from(`Gen\u00E8ve ${WORDS}`.repeat(20), 'latin1'), /encoding/],
])('%s is refused', async (_, content, message) => {
  await expect(corpusFromFile(tokenizer, file(content), 1000)).rejects.toThrow(message);
});
