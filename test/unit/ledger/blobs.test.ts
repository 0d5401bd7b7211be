import { describe, expect, it } from 'vitest';
import { Blobs } from '../../../electron/ledger/blobs.ts';
import { blobsIn } from '../../../electron/ledger/bodies.ts';
import { explained } from '../../../electron/storage/file-errors.ts';
import { sha256 } from '../../../electron/storage/hash.ts';
import { MemoryFiles } from '../storage/memory-files.ts';

/** Of a ledger in a folder that is there. */
async function store(memory: MemoryFiles): Promise<Blobs> {
  await memory.makeFolder('/l');
  return new Blobs(explained(memory), '/l', true);
}

async function* pieces(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe('blobs', () => {
  it('are kept under their hash, once, and last', async () => {
    const memory = new MemoryFiles();
    const blobs = await store(memory);
    const whole = await blobs.put(Buffer.from('low-rank'), 'text/plain');
    const streamed = await blobs.put(pieces('low', '-rank'), 'text/plain');
    expect(streamed).toEqual(whole);
    expect(whole).toEqual({ blob: sha256('low-rank'), bytes: 8, type: 'text/plain' });
    memory.powerCut();
    expect(memory.paths()).toEqual([blobs.path(whole.blob)]);
    expect(Buffer.from(await blobs.read(whole)).toString()).toBe('low-rank');
  });

  it('say when they are missing or damaged', async () => {
    const memory = new MemoryFiles();
    const blobs = await store(memory);
    const ref = await blobs.put(Buffer.from('content'), 'text/plain');
    expect(await blobs.problem(ref)).toBeUndefined();
    memory.peek(blobs.path(ref.blob))[0]! ^= 4;
    expect(await blobs.problem(ref)).toContain('is damaged: expected 7 bytes');
    await expect(blobs.read(ref)).rejects.toMatchObject({ code: 'bad-file' });
    await expect(blobs.put(Buffer.from('content'), 'text/plain')).rejects.toMatchObject({
      code: 'bad-file',
      hint: expect.stringContaining('Move that file away') as string,
    });
    await memory.remove(blobs.path(ref.blob));
    expect(await blobs.problem(ref)).toContain('is missing');
    await expect(blobs.read(ref)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('leave nothing behind when the disk is full or the source fails', async () => {
    const memory = new MemoryFiles();
    const blobs = await store(memory);
    memory.fault = ({ what }) => (what === 'write' ? { code: 'ENOSPC', part: 0.5 } : undefined);
    await expect(blobs.put(Buffer.from('content'), 'text/plain')).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('the disk is full') as string,
    });
    memory.fault = () => undefined;
    const failing = (async function* () {
      yield Buffer.from('half');
      throw new Error('the source broke off');
    })();
    await expect(blobs.put(failing, 'text/plain')).rejects.toThrow('the source broke off');
    expect(memory.paths()).toEqual([]);
  });

  it('that a stopped process never finished are removed, and strangers are listed', async () => {
    const memory = new MemoryFiles();
    const blobs = await store(memory);
    const { blob } = await blobs.put(Buffer.from('content'), 'text/plain');
    memory.poke('/l/blobs/sha256/new.0123456789ab.tmp', Buffer.from('half'));
    memory.poke('/l/blobs/sha256/notes.txt', Buffer.from('a stranger'));
    await blobs.removeUnfinished();
    expect(await blobs.list()).toEqual({ blobs: [blob], strays: ['notes.txt'] });
  });

  it('are found in a body wherever they stand', () => {
    const a = { blob: sha256('a'), bytes: 1, type: 'x' };
    const b = { blob: sha256('b'), bytes: 2, type: 'x' };
    expect(blobsIn({ delta: a, evidence: { report: b, again: a }, details: [{ blob: 'not one' }, null] })).toEqual([a, b]);
  });
});
