import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listFolder } from '../../../electron/storage/folders.ts';
import { type Unpacking, unpackZip, zippedFiles } from '../../../electron/storage/zip.ts';
import { EmendError } from '../../../shared/errors.ts';
import { type Zipped, zipOf } from '../../zip.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'emend-zip-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const quiet: Unpacking = { check: () => undefined, progress: () => undefined };
const archive = (bytes: Buffer) => {
  const path = join(folder, 'a.zip');
  writeFileSync(path, bytes);
  mkdirSync(join(folder, 'to'), { recursive: true });
  return path;
};
const unpacked = async (files: readonly Zipped[], how = quiet) => unpackZip(archive(zipOf(files)), join(folder, 'to'), how);

it('unpacks what was packed, stored or deflated, and tells how far it is', async () => {
  const big = Buffer.alloc(300_000, 'abc');
  const told: [number, number][] = [];
  const files = [
    { path: 'm/config.json', content: '{}' },
    { path: 'm/weights.bin', content: big, packed: true },
    { path: '__MACOSX/._m', content: 'x' },
    { path: 'm/.DS_Store', content: 'x' },
  ];
  await unpacked(files, { ...quiet, progress: (done, total) => void told.push([done, total]) });
  expect(await zippedFiles(join(folder, 'a.zip'))).toEqual([
    { path: 'm/config.json', bytes: 2 },
    { path: 'm/weights.bin', bytes: big.length },
  ]);
  expect((await listFolder(join(folder, 'to'), { links: 'apart' })).files).toEqual(['m/config.json', 'm/weights.bin']);
  expect(readFileSync(join(folder, 'to/m/weights.bin')).equals(big)).toBe(true);
  expect(told.at(0)).toEqual([0, big.length + 2]);
  expect(told.at(-1)).toEqual([big.length + 2, big.length + 2]);
});

it('takes names as some programs write them: ./ in front, a folder without a name', async () => {
  await unpacked([
    { path: './m/config.json', content: '{}' },
    { path: 'm//facts.csv', content: 'a' },
  ]);
  expect((await listFolder(join(folder, 'to'), { links: 'apart' })).files).toEqual(['m/config.json', 'm/facts.csv']);
});

it.each<[string, Zipped | Zipped[], string, RegExp]>([
  ['leads out', { path: '../out.txt', content: 'x' }, 'bad-file', /\.\./],
  ['is absolute', { path: '/etc/out.txt', content: 'x' }, 'bad-file', /absolute/],
  ['leads out with backslashes', { path: '..\\out.txt', content: 'x' }, 'bad-file', /\.\./],
  ['is a link', { path: 'config.json', content: '/etc/passwd', mode: 0o120777 }, 'unsupported', /is a link/],
  ['is encrypted', { path: 'a', content: 'x', encrypted: true }, 'unsupported', /encrypted/],
  ['is packed otherwise', { path: 'a', content: 'x', claims: { method: 12 } }, 'unsupported', /method 12/],
  ['is longer than it says', { path: 'a', content: 'x'.repeat(5000), packed: true, claims: { bytes: 10 } }, 'bad-file', /too many bytes/],
  ['is not what its checksum says', { path: 'a', content: 'x', claims: { crc: 1 } }, 'bad-file', /checksum of a/],
  ['is shorter than it says', { path: 'a', content: 'x', packed: true, claims: { bytes: 0xfffffff0 } }, 'bad-file', /not enough bytes/],
  ['has no name', { path: '', content: 'x' }, 'bad-file', /"" is no name of a file/],
  ['is the folder itself', { path: './.', content: 'x' }, 'bad-file', /is no name of a file/],
  ['has a name that disks do not take', { path: 'x'.repeat(300), content: 'x' }, 'failed', /Could not unpack .*a\.zip: ENAMETOOLONG/],
  [
    'is there twice by other names',
    [
      { path: 'm/a', content: 'x' },
      { path: './m//a', content: 'y' },
    ],
    'bad-file',
    /m\/a twice/,
  ],
  [
    'is a folder too',
    [
      { path: 'm', content: 'x' },
      { path: 'M/config.json', content: 'y' },
    ],
    'bad-file',
    /m as a file and as a folder/,
  ],
  [
    'is there twice',
    [
      { path: 'A.txt', content: 'x' },
      { path: 'a.txt', content: 'y' },
    ],
    'bad-file',
    /twice/,
  ],
])('refuses a file that %s', async (_, files, code, message) => {
  await expect(unpacked([files].flat())).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect(existsSync(join(folder, 'out.txt'))).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['a.zip', 'to']);
});

it('refuses what the disk has no room for, before it writes', async () => {
  const claims = { bytes: 0xfffffff0 };
  const files = Array.from({ length: 4000 }, (_, at) => ({ path: `${at}`, content: 'x', packed: true, claims }));
  await expect(unpacked(files)).rejects.toMatchObject({ code: 'failed', message: expect.stringMatching(/takes 17179\.\d GB/) as string });
  expect(readdirSync(join(folder, 'to'))).toEqual([]);
});

it('stops where it is told to', async () => {
  const stop = new EmendError('cancelled', 'Cancelled.', '');
  let pieces = 0;
  const check = () => {
    if (++pieces > 2) throw stop;
  };
  await expect(unpacked([{ path: 'a', content: Buffer.alloc(2_000_000) }], { ...quiet, check })).rejects.toBe(stop);
});

it('whatever is changed or cut off gives what was packed or an error in words, and writes nothing outside', async () => {
  const content = Buffer.from('{"a": 1}');
  const whole = zipOf([
    { path: 'm/config.json', content },
    { path: 'm/facts.csv', content: 'subject,prompt\n'.repeat(50), packed: true },
  ]);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean(), async (at, byte, isCut) => {
      const bytes = Buffer.from(isCut ? whole.subarray(0, at) : whole);
      if (!isCut) bytes[at] = byte;
      rmSync(join(folder, 'to'), { recursive: true, force: true });
      const path = archive(bytes);
      try {
        await unpackZip(path, join(folder, 'to'), quiet);
      } catch (error) {
        expect(error).toBeInstanceOf(EmendError);
      }
      expect(readdirSync(folder).sort()).toEqual(['a.zip', 'to']);
    }),
    { numRuns: 300 },
  );
});
