import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobControl } from '../../../electron/services/job-list.ts';
import type { Engine } from '../../../electron/services/jobs.ts';
import { LOCK } from '../../../electron/storage/lock.ts';
import { lookAt } from '../../../electron/services/look.ts';
import { Unpacked } from '../../../electron/services/unpacked.ts';
import { type Zipped, zipOf } from '../../zip.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'emend-unpacked-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const control: JobControl = {
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onText: () => undefined,
  check: () => undefined,
};
const archive = (...files: Zipped[]) => {
  const path = join(folder, 'gpt2 of us.zip');
  writeFileSync(path, zipOf(files));
  return path;
};
const above = () => join(folder, 'unpacked');

it.each([
  ['files as they lie', ['config.json', 'model.onnx'], 'gpt2 of us'],
  ['a folder', ['gpt2/config.json', 'gpt2/model.onnx'], join('gpt2 of us', 'gpt2')],
  ['a folder in a folder', ['a/b/config.json', 'a/b/c/x.onnx'], join('gpt2 of us', 'a', 'b')],
  ['one file of facts', ['our facts.csv'], join('gpt2 of us', 'our facts.csv')],
])('finds where %s begins', async (_, paths, begins) => {
  const unpacked = new Unpacked(above());
  const found = await unpacked.open(archive(...paths.map((path) => ({ path, content: 'x' }))), control);
  expect(relative(above(), found).split('/').slice(2).join('/')).toBe(begins);
  expect(unpacked.holds(found)).toBe(true);
  await unpacked.remove(found);
  expect(existsSync(found)).toBe(false);
  await unpacked.close();
  expect(readdirSync(above())).toEqual([]);
});

it('clears away what a process left behind, not what another holds', async () => {
  const [left, other, own] = [join(above(), '00000000-0000-0000-0000-000000000000'), new Unpacked(above()), new Unpacked(above())];
  mkdirSync(left, { recursive: true });
  const held = await other.open(archive({ path: 'a.csv', content: 'x' }), control);
  const found = await own.open(archive({ path: 'a.csv', content: 'x' }), control);
  expect([left, held, found].map((path) => existsSync(path))).toEqual([false, true, true]);
  await other.close();
  expect([held, found].map((path) => existsSync(path))).toEqual([false, true]);
  await own.close();
});

it('unpacks two at once into one folder of its own', async () => {
  const unpacked = new Unpacked(above());
  const path = archive({ path: 'a.csv', content: 'x' });
  const found = await Promise.all([unpacked.open(path, control), unpacked.open(path, control)]);
  expect(found.map((one) => unpacked.holds(one))).toEqual([true, true]);
  expect(new Set(found).size).toBe(2);
  await unpacked.close();
  expect(readdirSync(above())).toEqual([]);
});

it('leaves nothing of an archive that is damaged', async () => {
  const unpacked = new Unpacked(above());
  await expect(unpacked.open(archive({ path: 'a', content: 'x', claims: { crc: 1 } }), control)).rejects.toThrow(/checksum/);
  expect(readdirSync(join(above(), readdirSync(above())[0]!)).filter((name) => name !== LOCK)).toEqual([]);
  await unpacked.close();
});

it('tells by its list of files whether an archive is worth unpacking', async () => {
  const look = (...files: Zipped[]) => lookAt({} as Engine, archive(...files));
  expect(await look({ path: 'm/model.safetensors', content: 'xy' }, { path: 'm/config.json', content: '{}' })).toMatchObject({
    what: 'archive',
    name: 'gpt2 of us',
    says: 'A zip archive of 2 files, 4 bytes when unpacked.',
    files: [
      { path: 'm/config.json', bytes: 2 },
      { path: 'm/model.safetensors', bytes: 2 },
    ],
  });
  expect(await look({ path: 'holiday.jpg', content: 'x' })).toMatchObject({
    what: 'unknown',
    problems: [{ message: 'In it are holiday.jpg: neither a model nor facts.' }],
  });
  expect(await look()).toMatchObject({ what: 'unknown', problems: [{ message: 'It is empty.' }] });
  expect(await look({ path: '../x.onnx', content: 'x' })).toMatchObject({ what: 'unknown', says: 'This is a zip archive.' });
});
