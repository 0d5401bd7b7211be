import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disk } from '../../../electron/storage/files.ts';
import {
  filesBelow,
  hashFiles,
  isReallyWithin,
  isWithin,
  listFolder,
  refuseLinksOut,
  refuseOccupied,
} from '../../../electron/storage/folders.ts';
import { sha256, sha256OfFile } from '../../../electron/storage/hash.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emend-folders-'));
  mkdirSync(join(folder, 'a', 'deep'), { recursive: true });
  writeFileSync(join(folder, 'a', 'deep', 'one'), '1');
  writeFileSync(join(folder, 'a.txt'), '22');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a walk of a folder', () => {
  it('gives every file, relative, with forward slashes, sorted', async () => {
    expect(await listFolder(folder, { links: 'apart' })).toEqual({ files: ['a.txt', 'a/deep/one'], folders: ['a', 'a/deep'], others: [] });
    expect(await listFolder(folder, { links: 'apart', leaveOut: new Set(['deep']) })).toEqual({
      files: ['a.txt'],
      folders: ['a'],
      others: [],
    });
  });

  it('follows links or sets them apart, as asked', async () => {
    symlinkSync('a.txt', join(folder, 'to-file'));
    symlinkSync('a', join(folder, 'to-folder'));
    symlinkSync('nowhere', join(folder, 'dead'));
    const apart = await listFolder(folder, { links: 'apart' });
    expect(apart).toMatchObject({ files: ['a.txt', 'a/deep/one'], others: ['dead', 'to-file', 'to-folder'] });
    const followed = await listFolder(folder, { links: 'follow' });
    expect(followed).toMatchObject({ files: ['a.txt', 'a/deep/one', 'to-file', 'to-folder/deep/one'], others: ['dead'] });
    await expect(filesBelow(folder)).rejects.toThrow('dead is neither a file nor a plain folder');
  });

  it('ends where a few links make too many ways', async () => {
    for (let level = 0; level < 30; level++) {
      mkdirSync(join(folder, 'ways', `${level}`), { recursive: true });
      for (const way of ['left', 'right']) symlinkSync(`../${level + 1}`, join(folder, 'ways', `${level}`, way));
    }
    mkdirSync(join(folder, 'ways', '30'));
    await expect(filesBelow(folder)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('more than') as string,
    });
  });

  it('takes no file from elsewhere by a link, but for the blobs of a cache', async () => {
    const snapshot = join(folder, 'snapshots', 'revision');
    for (const path of [snapshot, join(folder, 'blobs')]) mkdirSync(path, { recursive: true });
    writeFileSync(join(folder, 'blobs', 'b1'), 'a blob');
    symlinkSync('../../blobs/b1', join(snapshot, 'blob.json'));
    symlinkSync('blob.json', join(snapshot, 'again.json'));
    symlinkSync('../../a.txt', join(snapshot, 'private.txt'));
    await refuseLinksOut(snapshot, ['blob.json', 'again.json']);
    await expect(refuseLinksOut(snapshot, await filesBelow(snapshot))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('private.txt is a link to') as string,
    });
  });

  it('ends where links lead in a circle', async () => {
    symlinkSync('..', join(folder, 'a', 'up'));
    await expect(listFolder(folder, { links: 'follow' })).rejects.toMatchObject({ code: 'ELOOP' });
  });
});

it('files are hashed in the order asked, and counted', async () => {
  const counts: number[] = [];
  const hashed = await hashFiles(disk, folder, ['a/deep/one', 'a.txt'], { check: () => undefined, progress: (done) => counts.push(done) });
  expect(hashed).toEqual([
    { path: 'a/deep/one', bytes: 1, sha256: sha256('1') },
    { path: 'a.txt', bytes: 2, sha256: sha256('22') },
  ]);
  expect(counts).toEqual([1, 2]);
  expect(await sha256OfFile(disk, join(folder, 'a.txt'))).toBe(sha256('22'));
});

it('a place to make a folder is free, or is told what lies there', () => {
  expect(() => refuseOccupied(join(folder, 'new'))).not.toThrow();
  expect(() => refuseOccupied(folder)).toThrow(`The folder ${folder} is not empty`);
  expect(() => refuseOccupied(join(folder, 'a.txt'))).toThrow('is a file; expected a folder');
});

it('what lies within a folder is told from its neighbours', () => {
  const within = [folder, join(folder, 'a'), join(folder, '..a')].map((path) => isWithin(folder, path));
  expect(within).toEqual([true, true, true]);
  expect([join(folder, '..'), `${folder}-2`].map((path) => isWithin(folder, path))).toEqual([false, false]);
});

it('tells what really lies in a folder, through links and for what is still to be made', () => {
  symlinkSync(join(folder, 'a'), join(folder, 'elsewhere'));
  expect(isReallyWithin(join(folder, 'a'), join(folder, 'elsewhere', 'new', 'deeper'))).toBe(true);
  expect(isReallyWithin(join(folder, 'elsewhere'), join(folder, 'a', 'deep'))).toBe(true);
  expect(isReallyWithin(join(folder, 'a'), join(folder, 'b'))).toBe(false);
});
