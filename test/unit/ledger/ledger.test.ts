import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKey } from '../../../electron/ledger/keys.ts';
import type { EmendError } from '../../../shared/errors.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { anchorIn, BY, commit, edit, importBody, open, TestProcesses } from './samples.ts';

const FOLDER = '/library/atlas';

/** A ledger with an import and edits 1 to `edits`, closed. */
async function made(edits: number, options: Parameters<typeof open>[1] = {}) {
  const files = new MemoryFiles();
  const ledger = await open(FOLDER, { files, create: true, ...options });
  await ledger.append('import', importBody(), BY);
  for (let n = 1; n <= edits; n++) await commit(ledger, n);
  await ledger.close();
  return { files, ledger };
}

const journalOf = (files: MemoryFiles) => files.peek(join(FOLDER, 'journal.jsonl'));

describe('a ledger', () => {
  it('opens again with the entries, the history and the list it had', async () => {
    const { files, ledger } = await made(4);
    const again = await open(FOLDER, { files });
    expect(again.entries).toEqual(ledger.entries);
    expect(again.history.current.id).toBe(ledger.history.current.id);
    expect(again.list()).toEqual(ledger.list());
    expect(again.notices).toEqual([]);
    expect((await again.verify()).ok).toBe(true);
    await commit(again, 5);
    expect(again.head.seq).toBe(6);
  });

  it('records who, when, why, and with which versions, chained by hash', async () => {
    const { ledger } = await made(1);
    expect(ledger.entry(2)).toMatchObject({
      seq: 2,
      author: 'Ada',
      reason: BY.reason,
      time: '2026-11-22T00:00:03.000Z',
      app: 'emend 0.1.0',
      engine: 'onnxruntime 1.30.0',
      prev: ledger.entry(1).hash,
    });
  });

  it('does calls one after the other, however they are made', async () => {
    const files = new MemoryFiles();
    const ledger = await open(FOLDER, { files, create: true });
    void ledger.append('import', importBody(), BY);
    await ledger.verify();
    const version = ledger.history.current.id;
    const notes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => ledger.append('note', { version }, { author: 'Ada', reason: `Remark ${n}` })),
    );
    expect(notes.map((entry) => entry.reason)).toEqual(Array.from({ length: 20 }, (_, n) => `Remark ${n}`));
    expect((await ledger.verify()).ok).toBe(true);
  });

  it('is not made where there is none unless asked', async () => {
    const files = new MemoryFiles();
    await expect(open(FOLDER, { files })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('journal.jsonl') as string,
    });
    await expect(open(FOLDER, { files, readOnly: true })).rejects.toMatchObject({ code: 'not-found' });
    expect(files.operations).toBe(0);
  });

  it.each<[string, (l: Awaited<ReturnType<typeof open>>) => Promise<unknown>, string]>([
    [
      'a missing reason',
      async (l) => l.append('edit', await edit(l.blobs, l.history.current.id, 9), { author: 'Ada', reason: ' ' }),
      'no reason',
    ],
    ['a missing author', (l) => l.append('note', { version: l.history.current.id }, { author: '', reason: 'x' }), 'no author'],
    [
      'a blob that was not put',
      async (l) =>
        l.append('edit', { ...(await edit(l.blobs, l.history.current.id, 9)), delta: { blob: 'a'.repeat(64), bytes: 3, type: 'x' } }, BY),
      'not there',
    ],
    [
      'a number JSON cannot hold',
      async (l) => l.append('edit', { ...(await edit(l.blobs, l.history.current.id, 9)), hyperparameters: { rate: NaN } }, BY),
      'body.hyperparameters.rate',
    ],
    [
      'a field that does not fit',
      async (l) => l.append('edit', { ...(await edit(l.blobs, l.history.current.id, 9)), changed: [] }, BY),
      'changed',
    ],
    [
      'a field it does not know',
      async (l) => l.append('edit', { ...(await edit(l.blobs, l.history.current.id, 9)), chekcs: [] } as never, BY),
      'chekcs',
    ],
  ])('refuses %s and records nothing', async (_, act, message) => {
    const { files } = await made(2);
    const ledger = await open(FOLDER, { files });
    const before = Buffer.from(journalOf(files));
    await expect(act(ledger)).rejects.toMatchObject({ name: 'EmendError', message: expect.stringContaining(message) as string });
    expect(journalOf(files).equals(before)).toBe(true);
    await commit(ledger, 3);
    expect((await ledger.verify()).ok).toBe(true);
  });
});

describe('a disk that refuses', () => {
  it.each([
    ['EACCES', 'permission was refused'],
    ['EROFS', 'read-only'],
    ['ENOSPC', 'the disk is full'],
    ['EIO', 'reported an error'],
  ])('%s is told in words, with the file and what to do, and no lock stays', async (code, words) => {
    const { files } = await made(1);
    files.fault = ({ what }) => (what === 'create' || what === 'write' ? { code } : undefined);
    await expect(open(FOLDER, { files })).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining(words) as string,
      hint: expect.stringMatching(/./) as string,
      details: { path: join(FOLDER, 'LOCK') },
    });
    files.fault = () => undefined;
    expect(files.paths()).not.toContain(join(FOLDER, 'LOCK'));
    expect((await open(FOLDER, { files })).entries).toHaveLength(2);
  });
});

describe('two processes', () => {
  it('the second is told who holds it, and can read', async () => {
    const { files } = await made(2);
    const processes = new TestProcesses();
    const first = await open(FOLDER, { files, processes });
    const error = await open(FOLDER, { files, processes }).then(
      () => undefined,
      (thrown: EmendError) => thrown,
    );
    expect(error).toMatchObject({ code: 'failed', details: { owner: { pid: 100, host: 'here', app: 'emend 0.1.0' } } });
    expect(error?.message).toContain('process 100');
    const reader = await open(FOLDER, { files, processes, readOnly: true });
    expect(reader.entries).toEqual(first.entries);
    expect(reader.list().total).toBe(3);
    expect((await reader.verify()).ok).toBe(true);
    await expect(reader.append('note', { version: reader.history.current.id }, BY)).rejects.toThrow('reading only');
    await expect(reader.blobs.put(Buffer.from('x'), 'text/plain')).rejects.toThrow('reading only');
    await first.close();
    await open(FOLDER, { files, processes });
  });

  it('reading changes no file', async () => {
    const { files } = await made(3);
    files.poke(join(FOLDER, 'journal.jsonl'), Buffer.concat([journalOf(files), Buffer.from('{"app"')]));
    const operations = files.operations;
    const reader = await open(FOLDER, { files, readOnly: true });
    await reader.verify();
    await reader.close();
    expect(files.operations).toBe(operations);
    expect(reader.entries).toHaveLength(4);
    expect(reader.notices).toMatchObject([{ what: 'torn', message: expect.stringContaining('left as they are') as string }]);
  });
});

describe('damage', () => {
  it('sets an unfinished line aside, says so, and goes on', async () => {
    const { files } = await made(3);
    const whole = Buffer.from(journalOf(files));
    files.poke(join(FOLDER, 'journal.jsonl'), whole.subarray(0, whole.length - 100));
    const ledger = await open(FOLDER, { files });
    expect(ledger.entries).toHaveLength(3);
    expect(ledger.notices[0]).toMatchObject({ what: 'torn' });
    const side = files.paths().find((path) => path.includes('journal.torn-'))!;
    expect(Buffer.concat([journalOf(files), files.peek(side)]).equals(whole.subarray(0, whole.length - 100))).toBe(true);
    await commit(ledger, 3);
    expect((await ledger.verify()).ok).toBe(true);
  });

  it('opens a damaged journal, shows what is whole, and adds nothing', async () => {
    const { files } = await made(4);
    const bytes = journalOf(files);
    bytes[bytes.indexOf('Person 2')]! ^= 1;
    const ledger = await open(FOLDER, { files });
    expect(ledger.damage).toMatchObject([{ seq: 3 }]);
    expect(ledger.entries.map((entry) => entry.seq)).toEqual([1, 2, 4, 5]);
    expect(ledger.history.moments).toHaveLength(2);
    const before = Buffer.from(bytes);
    await expect(ledger.append('note', { version: ledger.history.current.id }, BY)).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('damaged at entry 3') as string,
    });
    await ledger.close();
    expect(journalOf(files).equals(before)).toBe(true);
  });

  it('notices entries that were cut off the end, by the checkpoint of the last closing', async () => {
    const key = generateKey();
    const { files } = await made(5, { key });
    const bytes = journalOf(files);
    const cut = bytes.lastIndexOf(0x0a, bytes.length - 2) + 1;
    files.poke(join(FOLDER, 'journal.jsonl'), bytes.subarray(0, cut));
    const ledger = await open(FOLDER, { files, key });
    expect(ledger.damage).toMatchObject([{ seq: 6, what: 'missing', message: expect.stringContaining('cut off') as string }]);
    await expect(commit(ledger, 9)).rejects.toMatchObject({ code: 'bad-file' });
  });

  it('leaves an unfinished line alone where a checkpoint says that it was finished', async () => {
    const key = generateKey();
    const { files } = await made(3, { key });
    const bytes = Buffer.from(journalOf(files).subarray(0, -50));
    files.poke(join(FOLDER, 'journal.jsonl'), bytes);
    const ledger = await open(FOLDER, { files, key });
    expect(ledger.damage).toMatchObject([{ seq: 4 }]);
    expect(journalOf(files).equals(bytes)).toBe(true);
  });

  it('reports a journal that was written anew from the start', async () => {
    const key = generateKey();
    const { files } = await made(3, { key });
    const other = await open('/other', { files, create: true, clock: () => new Date(0) });
    await other.append('import', importBody(), BY);
    for (const n of [1, 2, 3]) await commit(other, n);
    files.poke(join(FOLDER, 'journal.jsonl'), files.peek('/other/journal.jsonl'));
    const ledger = await open(FOLDER, { files, key });
    expect(ledger.damage).toMatchObject([{ seq: 4, what: 'chain', message: expect.stringContaining('rewritten') as string }]);
  });

  it('makes its checkpoints often enough to tell after a kill, too', async () => {
    const key = generateKey();
    const files = new MemoryFiles();
    const ledger = await open(FOLDER, { files, create: true, key });
    await ledger.append('import', importBody(), BY);
    for (let n = 0; n < 120; n++) await ledger.append('note', { version: ledger.history.current.id }, BY);
    expect(files.paths().filter((path) => path.includes('/checkpoints/'))).toEqual([join(FOLDER, 'checkpoints/000000100.json')]);
  });

  it('an entry that lasts is acknowledged though its checkpoint or the last word of its anchor could not be written', async () => {
    const key = generateKey();
    const anchor = anchorIn('/keys');
    const { files } = await made(2, { key, anchor });
    const ledger = await open(FOLDER, { files, key, anchor });
    let journaled = false;
    files.fault = ({ path, what }) => {
      if (path.endsWith('journal.jsonl') && what === 'sync') journaled = true;
      return journaled && (path.includes('checkpoints') || path.startsWith('/keys')) ? { code: 'ENOSPC' } : undefined;
    };
    await commit(ledger, 3);
    await ledger.close();
    expect(ledger.notices.map((one) => one.what)).toEqual(['anchor', 'checkpoint']);
    files.fault = () => undefined;
    const again = await open(FOLDER, { files, key, anchor });
    expect(again.damage).toEqual([]);
    expect((await again.verify()).proof).toMatchObject({ upTo: 4, end: true });
    expect(again.entries).toHaveLength(4);
    expect(again.list().total).toBe(4);
  });
});
