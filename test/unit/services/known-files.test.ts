import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFactText } from '../../../electron/services/facts.ts';
import type { Engine } from '../../../electron/services/jobs.ts';
import { asDropped, lookAt } from '../../../electron/services/look.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'emend-known-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The first entry of a zip. */
const zip = (entry: string) => Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(26), Buffer.from(entry)]);
const FILES: readonly [string, Buffer, RegExp, RegExp][] = [
  ['facts.xlsx', zip('[Content_Types].xml'), /a spreadsheet/, /CSV/],
  ['weights.pt', zip('archive/data.pkl'), /PyTorch/, /safetensors/],
  ['model.zip', zip('gpt2/config.json'), /a zip archive/, /another copy/],
  ['tiny.gguf', Buffer.from('GGUF\x03\x00\x00\x00'), /llama\.cpp/, /checkpoint/],
  ['picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10]), /a picture/, /facts/],
  ['old.xls', Buffer.from([0xd0, 0xcf, 0x11, 0xe0]), /old spreadsheet/, /CSV/],
  ['disguised.csv', Buffer.from('GGUF\x03\x00\x00\x00'), /llama\.cpp/, /checkpoint/],
];

describe.each(FILES)('%s', (name, bytes, what, hint) => {
  it('is told by how it begins, whatever it is called, and no byte of it is shown', async () => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const look = await lookAt(undefined as unknown as Engine, path);
    expect(look).toMatchObject({ what: 'unknown', says: expect.stringMatching(what) as string });
    expect(look.problems[0]!.hint).toMatch(hint);
    await expect(readFactText(path)).rejects.toMatchObject({ code: 'bad-file', message: expect.stringMatching(what) as string });
  });
});

it('a file with bytes that no text has is no file of facts; UTF-16 is', async () => {
  writeFileSync(join(folder, 'x.csv'), Buffer.from([65, 0, 66]));
  await expect(readFactText(join(folder, 'x.csv'))).rejects.toThrow(/no text/);
  writeFileSync(join(folder, 'y.csv'), Buffer.from('\uFEFFsubject\tprompt', 'utf16le'));
  expect(await readFactText(join(folder, 'y.csv'))).toBe('subject\tprompt');
});

it('a folder of models names them, an empty one says so', async () => {
  mkdirSync(join(folder, 'models/one'), { recursive: true });
  mkdirSync(join(folder, 'models/notes'), { recursive: true });
  mkdirSync(join(folder, 'empty'), { recursive: true });
  writeFileSync(join(folder, 'models/one/model.onnx'), '');
  const engine = {} as Engine;
  expect((await lookAt(engine, join(folder, 'models'))).problems[0]!.message).toBe('The models are one.');
  expect((await lookAt(engine, join(folder, 'empty'))).says).toBe('An empty folder.');
});

it('what was uploaded is called as it was dropped, and what lies elsewhere by its whole path', async () => {
  const [uploads, name] = [join(folder, 'uploads'), 'no model'];
  const path = join(uploads, 'of a server', 'of an upload', name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'notes.md'), 'x');
  const look = await lookAt({} as Engine, path);
  expect(JSON.stringify(look)).toContain(path);
  const named = asDropped(look, path, uploads);
  expect(JSON.stringify(named)).not.toContain(uploads);
  expect(named.problems[0]!.message).toContain(name);
  expect(asDropped(look, path, join(folder, 'elsewhere'))).toEqual(look);
});
