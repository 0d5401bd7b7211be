import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { entriesOf, tar, type TarEntry, tarSize } from '../../../electron/cli/serve/tar.ts';

let scratch: string;
beforeEach(() => (scratch = mkdtempSync(join(tmpdir(), 'emend-tar-'))));
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

async function archived(entries: readonly TarEntry[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of tar(entries)) pieces.push(piece);
  return Buffer.concat(pieces);
}

test('a folder comes out of another tar as it was: long and foreign names, empty files and folders, times', async () => {
  const folder = join(scratch, 'model');
  const deep = [...Array(4).keys()].map((part) => `${part}`.padEnd(60, 'x')).join('/');
  const contents: Record<string, string> = {
    'model.onnx': 'x'.repeat(512),
    'empty.json': '',
    'Modèle 模.txt': 'names',
    [`${'n'.repeat(120)}.txt`]: 'a long name',
    [`${deep}/file.bin`]: 'deep'.repeat(300),
  };
  mkdirSync(join(folder, deep), { recursive: true });
  mkdirSync(join(folder, 'none'));
  for (const [path, content] of Object.entries(contents)) writeFileSync(join(folder, path), content);
  utimesSync(join(folder, 'model.onnx'), 1_700_000_000, 1_700_000_000);

  const entries = await entriesOf(folder);
  const archive = await archived(entries);
  expect(archive.length).toBe(await tarSize(entries));

  writeFileSync(join(scratch, 'model.tar'), archive);
  mkdirSync(join(scratch, 'out'));
  execFileSync('tar', ['-xf', join(scratch, 'model.tar'), '-C', join(scratch, 'out')]);
  for (const [path, content] of Object.entries(contents)) expect(readFileSync(join(scratch, 'out/model', path), 'utf8')).toBe(content);
  const listed = await entriesOf(join(scratch, 'out/model'));
  expect(listed.map(({ path }) => path)).toEqual(entries.map(({ path }) => path));
  expect(listed.find(({ path }) => path === 'model/model.onnx')?.modified).toBe(1_700_000_000);
});

test('a size beyond what a plain header holds is kept', async () => {
  const bytes = 9 * 1024 ** 3;
  const file = join(scratch, 'weights.bin');
  writeFileSync(file, '');
  truncateSync(file, bytes); // takes no room
  const parts = tar([{ path: 'weights.bin', file, bytes, modified: 0 }]);
  const first = await parts.next();
  await parts.return(undefined);
  // Archives are listed from their headers alone.
  writeFileSync(join(scratch, 'large.tar'), first.value as Buffer);
  truncateSync(join(scratch, 'large.tar'), await tarSize([{ path: 'weights.bin', file, bytes, modified: 0 }]));
  expect(execFileSync('tar', ['-tvf', join(scratch, 'large.tar')], { encoding: 'utf8' })).toMatch(/\b9663676416\b.*weights\.bin/);
});

test('links are left out, so that nothing outside the folder is read', async () => {
  const folder = join(scratch, 'export');
  mkdirSync(folder);
  writeFileSync(join(scratch, 'secret'), 'secret');
  symlinkSync(join(scratch, 'secret'), join(folder, 'file'));
  symlinkSync(scratch, join(folder, 'folder'));
  expect((await entriesOf(folder)).map(({ path }) => path)).toEqual(['export']);
});

test('a file that became shorter ends the archive with an error', async () => {
  const file = join(scratch, 'a');
  writeFileSync(file, 'four');
  await expect(archived([{ path: 'a', file, bytes: 5, modified: 0 }])).rejects.toThrow('changed while it was read');
});

test('a reader who goes away ends the archive, and the file is closed', async () => {
  const file = join(scratch, 'large');
  writeFileSync(file, Buffer.alloc(4 << 20));
  const pieces = tar([{ path: 'large', file, bytes: 4 << 20, modified: 0 }]);
  await pieces.next();
  await expect(pieces.return(undefined)).resolves.toMatchObject({ done: true });
});
