import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../electron/ledger/ledger.ts';
import type { Filter } from '../../../electron/ledger/log-index.ts';
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

describe('the index file', () => {
  async function made() {
    const files = new MemoryFiles();
    const ledger = await open(FOLDER, { files, create: true });
    await ledger.append('import', importBody(), BY);
    for (const n of [1, 2]) await commit(ledger, n);
    await ledger.close();
    return { files, rows: ledger.list().rows };
  }

  it('is used as it is when it fits', async () => {
    const { files, rows } = await made();
    const before = Buffer.from(files.peek(INDEX));
    const ledger = await open(FOLDER, { files });
    expect(ledger.list().rows).toEqual(rows);
    await ledger.close();
    expect(files.peek(INDEX).equals(before)).toBe(true);
    expect(ledger.notices).toEqual([]);
  });

  it('is made again when it is missing', async () => {
    const { files, rows } = await made();
    await files.remove(INDEX);
    const ledger = await open(FOLDER, { files });
    expect(ledger.list().rows).toEqual(rows);
    await ledger.close();
    expect(files.paths()).toContain(INDEX);
  });

  it('is caught up when entries came after it', async () => {
    const { files } = await made();
    const old = Buffer.from(files.peek(INDEX));
    const more = await open(FOLDER, { files });
    await commit(more, 3);
    await more.close();
    files.poke(INDEX, old);
    const ledger = await open(FOLDER, { files });
    expect(ledger.list().rows).toEqual(more.list().rows);
    expect(ledger.notices).toEqual([]);
  });

  it('is made again, and said to be, when any byte of it is damaged', async () => {
    const { files, rows } = await made();
    const good = Buffer.from(files.peek(INDEX));
    for (let at = 0; at < good.length; at += 31) {
      const bad = Buffer.from(good);
      bad[at]! ^= 2;
      files.poke(INDEX, bad);
      const ledger = await open(FOLDER, { files, readOnly: true });
      expect(ledger.list().rows).toEqual(rows);
      expect(ledger.notices, `byte ${at}`).toMatchObject([{ what: 'index', message: expect.stringContaining('damaged') as string }]);
    }
  });

  it('of another ledger is not believed', async () => {
    const { files } = await made();
    const other = await open('/other', { files, create: true, clock: () => new Date(0) });
    await other.append('import', importBody(), BY);
    await other.close();
    files.poke(INDEX, files.peek('/other/index.json'));
    const ledger = await open(FOLDER, { files });
    expect(ledger.list().total).toBe(3);
    expect(ledger.notices).toMatchObject([{ what: 'index', message: expect.stringContaining('does not fit') as string }]);
  });
});
