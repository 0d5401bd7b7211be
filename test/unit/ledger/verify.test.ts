import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKey } from '../../../electron/ledger/keys.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, commit, importBody, open } from './samples.ts';

async function made() {
  const files = new MemoryFiles();
  const key = generateKey();
  const ledger = await open('/l', { files, create: true, key });
  await ledger.append('import', importBody(), BY);
  for (const n of [1, 2, 3]) await commit(ledger, n);
  await ledger.checkpoint();
  return { files, key, ledger };
}

describe('verifying', () => {
  it('has a result for every entry, and the head to compare with', async () => {
    const { ledger } = await made();
    const result = await ledger.verify();
    expect(result).toMatchObject({
      ok: true,
      first: undefined,
      head: ledger.head,
      checkpoints: 1,
      blobs: { named: 6, unreferenced: [], strays: [] },
    });
    expect(result.entries.map((entry) => [entry.seq, entry.kind, entry.problems.length])).toEqual([
      [1, 'import', 0],
      [2, 'edit', 0],
      [3, 'edit', 0],
      [4, 'edit', 0],
    ]);
  });

  it('tells a damaged and a missing blob at the entries that name it', async () => {
    const { files, ledger } = await made();
    const second = ledger.entry(3);
    const third = ledger.entry(4);
    if (second.kind !== 'edit' || third.kind !== 'edit') throw new Error('the sample changed');
    files.peek(ledger.blobs.path(second.body.delta.blob))[3]! ^= 1;
    await files.remove(ledger.blobs.path(third.body.factSet.blob));
    const result = await ledger.verify();
    expect(result.ok).toBe(false);
    expect(result.first).toMatchObject({ seq: 3, what: 'blob', message: expect.stringContaining('is damaged') as string });
    expect(
      result.entries
        .filter((entry) => entry.problems.length > 0)
        .map((entry) => [entry.seq, entry.problems[0]?.message.includes('missing')]),
    ).toEqual([
      [3, false],
      [4, true],
    ]);
  });

  it('reports blobs that no entry names without calling them damage', async () => {
    const { ledger } = await made();
    const { blob } = await ledger.blobs.put(Buffer.from('of an act that was not finished'), 'text/plain');
    expect(await ledger.verify()).toMatchObject({ ok: true, blobs: { unreferenced: [blob] } });
  });

  it('looks at every checkpoint, its file too', async () => {
    const { files, ledger } = await made();
    await commit(ledger, 4);
    await ledger.checkpoint();
    const path = join('/l', 'checkpoints', '000000004.json');
    const good = files.peek(path).toString();
    files.poke(path, Buffer.from(good.replace(/"time":"2026/, '"time":"2025')));
    expect((await ledger.verify()).first).toMatchObject({ what: 'checkpoint', message: expect.stringContaining('signature') as string });
    files.poke(path, Buffer.from(good.replace('"seq":4', '"seq":3')));
    expect((await ledger.verify()).first).toMatchObject({
      what: 'checkpoint',
      message: expect.stringContaining('named for entry 4') as string,
    });
    files.poke(path, Buffer.from(good.slice(0, 40)));
    expect((await ledger.verify()).first).toMatchObject({
      seq: 4,
      what: 'checkpoint',
      message: expect.stringContaining('not JSON') as string,
    });
    files.poke(path, Buffer.from(good));
    expect((await ledger.verify()).ok).toBe(true);
  });

  it('sees a cut journal by a checkpoint from outside, though those inside were removed too', async () => {
    const { files, key, ledger } = await made();
    const kept = await ledger.checkpoint();
    await files.remove('/l/checkpoints/000000004.json');
    const bytes = files.peek('/l/journal.jsonl');
    files.poke('/l/journal.jsonl', bytes.subarray(0, bytes.lastIndexOf(0x0a, bytes.length - 2) + 1));
    const reader = await open('/l', { files, key, readOnly: true });
    expect((await reader.verify()).ok).toBe(true);
    expect((await reader.verify({ given: [{ from: 'elsewhere', end: kept }] })).first).toMatchObject({ seq: 4, what: 'missing' });
  });

  it('tells an entry that says something its history does not give', async () => {
    const { files, ledger } = await made();
    const { seal } = await import('../../../electron/ledger/entries.ts');
    const { seq, hash: prev } = ledger.head;
    const version = ledger.history.moments[0]!.version.id;
    const forged = seal({
      seq: seq + 1,
      prev,
      kind: 'revert',
      time: '2026-11-22T08:30:00.000Z',
      author: 'Mallory',
      reason: 'x',
      app: '',
      engine: '',
      body: { parent: ledger.history.current.id, version, entry: 2, later: [3, 4], changed: [], checks: [], evidence: {} },
    });
    files.poke('/l/journal.jsonl', Buffer.concat([files.peek('/l/journal.jsonl'), Buffer.from(`${forged.line}\n`)]));
    const reader = await open('/l', { files, readOnly: true });
    expect(reader.damage).toMatchObject([{ seq: 5, what: 'version' }]);
    expect(reader.history.moments).toHaveLength(4);
  });

  it('tells its progress and stops when asked', async () => {
    const { ledger } = await made();
    const told: string[] = [];
    await ledger.verify({}, { progress: (done, total) => told.push(`${done}/${total}`), check: () => undefined });
    expect(told).toEqual(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6']);
    const stop = () => {
      throw new Error('stop');
    };
    await expect(ledger.verify({}, { progress: () => undefined, check: stop })).rejects.toThrow('stop');
  });
});
