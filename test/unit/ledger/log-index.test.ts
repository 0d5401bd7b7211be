import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../electron/ledger/ledger.ts';
import type { Filter } from '../../../electron/ledger/log-index.ts';
import { sha256 } from '../../../electron/storage/hash.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, commit, edit, importBody, open } from './samples.ts';

const FOLDER = '/l';
const INDEX = join(FOLDER, 'index.json');

describe('listing', () => {
  let ledger: Ledger;
  const seqs = (filter: Filter) => ledger.list({ order: 'oldest', ...filter }).rows.map((row) => row.seq);

  beforeAll(async () => {
    ledger = await open(FOLDER, { files: new MemoryFiles(), create: true });
    await ledger.append('import', importBody(), BY);
    for (const n of [1, 2, 3, 4]) await commit(ledger, n);
    await ledger.append('edit', await edit(ledger.blobs, ledger.history.current.id, 5), {
      author: 'Bo',
      reason: 'Wrong since the wedding.',
    });
    await ledger.append('tag', { name: 'Été 2026', version: ledger.history.current.id }, { author: 'Bo', reason: '' });
    await ledger.append('note', { version: ledger.history.current.id }, { author: 'Cy', reason: 'Looks right to me.' });
  });

  it.each<[string, Filter, number[]]>([
    ['everything', {}, [1, 2, 3, 4, 5, 6, 7, 8]],
    ['an author, in any case', { author: 'bo' }, [6, 7]],
    ['kinds', { kinds: ['tag', 'note'] }, [7, 8]],
    ['a part of a subject', { subject: 'person 3' }, [4]],
    ['a relation', { relation: 'P2' }, [3]],
    ['a method', { method: 'ROME' }, [4]],
    ['checks that failed', { verdict: 'failed' }, [6]],
    ['checks that passed', { verdict: 'passed' }, [2, 3, 4, 5]],
    ['nothing measured', { verdict: 'none' }, [1, 7, 8]],
    ['a time from', { from: '2026-11-22T00:00:08.000Z' }, [7, 8]],
    ['a time to', { to: '2026-11-22T00:00:04.000Z' }, [1, 2]],
    ['words of a reason', { text: 'wedding WRONG' }, [6]],
    ['words of a prompt', { text: 'mother tongue' }, [2, 3, 4, 5, 6]],
    ['a name with accents composed otherwise', { text: 'e\u0301te\u0301' }, [7]],
    ["the model's name", { text: 'atlas' }, [1]],
    ['two things at once', { author: 'Ada', verdict: 'passed', method: 'memit' }, [2, 3, 5]],
    ['what is not there', { subject: 'nobody' }, []],
  ])('finds %s', (_, filter, expected) => expect(seqs(filter)).toEqual(expected));

  it('shows the newest first, in pages, and counts all', () => {
    expect(ledger.list({ offset: 1, limit: 3 })).toMatchObject({ total: 8, rows: [{ seq: 7 }, { seq: 6 }, { seq: 5 }] });
  });
});

it('takes every row from its entry, whatever an index of an earlier release says, and removes that', async () => {
  const files = new MemoryFiles();
  const ledger = await open(FOLDER, { files, create: true });
  await ledger.append('import', importBody(), BY);
  await commit(ledger, 1);
  await ledger.close();
  const { rows } = ledger.list();
  const lies = { format: 1, rows: rows.map((row) => ({ ...row, author: 'Mallory', kind: 'approve', reason: 'Approved by legal' })) };
  files.poke(INDEX, Buffer.from(`{"sha256":"${sha256(JSON.stringify(lies))}","data":${JSON.stringify(lies)}}\n`));
  expect((await open(FOLDER, { files, readOnly: true })).list().rows).toEqual(rows);
  expect((await open(FOLDER, { files })).list().rows).toEqual(rows);
  expect(files.paths()).not.toContain(INDEX);
});

it('hides no entry whose clock was set back or ahead from a span of time that it lies in', async () => {
  const times = ['2026-01-01', '2026-03-01', '2016-03-02', '2026-05-01', '2036-05-02', '2026-07-01'];
  const clock = () => new Date(times[Math.min(at++, times.length - 1)]!);
  let at = 0;
  const ledger = await open(FOLDER, { files: new MemoryFiles(), create: true, clock });
  at = 0;
  await ledger.append('import', importBody(), BY);
  for (let n = 1; n < times.length; n++) await commit(ledger, n);
  const seqs = (filter: Filter) => ledger.list({ order: 'oldest', ...filter }).rows.map((row) => row.seq);
  expect(seqs({ from: '2026-02-01' })).toEqual([2, 3, 4, 5, 6]);
  expect(seqs({ from: '2026-04-01' })).toEqual([4, 5, 6]);
  expect(seqs({ to: '2026-06-01' })).toEqual([1, 2, 3, 4]);
  expect(seqs({ from: '2026-04-01', to: '2027-01-01' })).toEqual([4, 5, 6]);
  expect(seqs({ from: '2040-01-01' })).toEqual([]);
});
