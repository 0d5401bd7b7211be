import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointProblem, parseCheckpoint, signCheckpoint } from '../../../electron/ledger/checkpoints.ts';
import { explained } from '../../../electron/storage/file-errors.ts';
import { disk } from '../../../electron/storage/files.ts';
import { sha256 } from '../../../electron/storage/hash.ts';
import {
  createKey,
  generateKey,
  loadOrCreateKey,
  parsePublicKey,
  PRIVATE_KEY_FILE,
  PUBLIC_KEY_FILE,
  readSigningKey,
  tidyKeys,
  trustKey,
} from '../../../electron/ledger/keys.ts';
import { LOCK, takeLock } from '../../../electron/storage/lock.ts';
import { processes } from '../../../electron/storage/owner.ts';
import { verifyJournal } from '../../../electron/ledger/verify.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, commit, importBody, open } from './samples.ts';

async function signed() {
  const key = generateKey();
  const ledger = await open('/l', { files: new MemoryFiles(), create: true, key });
  await ledger.append('import', importBody(), BY);
  for (const n of [1, 2, 3]) await commit(ledger, n);
  const checkpoint = await ledger.checkpoint();
  return { key, ledger, checkpoint, model: ledger.history.current.model };
}

describe('a checkpoint', () => {
  it('fits the journal it was made for, and longer ones', async () => {
    const { key, ledger, checkpoint, model } = await signed();
    expect(checkpointProblem(checkpoint, ledger.entries, model, [key])).toBeUndefined();
    await commit(ledger, 4);
    expect(checkpointProblem(checkpoint, ledger.entries, model, [generateKey(), key])).toBeUndefined();
  });

  it('does not fit once anything of it is changed', async () => {
    const { key, ledger, checkpoint, model } = await signed();
    for (const change of [{ seq: 3 }, { head: sha256('x') }, { model: sha256('x') }, { time: '2030' }]) {
      expect(checkpointProblem({ ...checkpoint, ...change }, ledger.entries, model, [key])?.message, JSON.stringify(change)).toContain(
        'signature',
      );
    }
  });

  it('proves nothing with a key that is not trusted, for another model, or for another history', async () => {
    const { key, ledger, checkpoint, model } = await signed();
    expect(checkpointProblem(checkpoint, ledger.entries, model, [generateKey()])?.message).toContain('not one of yours');
    expect(checkpointProblem(checkpoint, ledger.entries, sha256('other'), [key])?.message).toContain('for model');
    const forged = signCheckpoint(key, { seq: 2, head: sha256('forged'), model, time: 'now' });
    expect(checkpointProblem(forged, ledger.entries, model, [key])).toMatchObject({
      seq: 2,
      what: 'chain',
      message: expect.stringContaining('was rewritten') as string,
    });
  });

  it('shows every way to cut the journal short', async () => {
    const { key, ledger, checkpoint } = await signed();
    const bytes = await ledger.journal();
    expect(verifyJournal(bytes, { keys: [key], given: [{ from: 'elsewhere', end: checkpoint }] }).ok).toBe(true);
    for (let entries = 0, end = 0; entries < 4; entries++) {
      const cut = verifyJournal(bytes.subarray(0, end), { keys: [key], given: [{ from: 'elsewhere', end: checkpoint }] });
      expect(cut.first).toMatchObject({ seq: entries + 1, what: 'missing' });
      end = bytes.indexOf(0x0a, end) + 1;
    }
  });

  it('that is not one is refused with what is wrong', () => {
    expect(() => parseCheckpoint('{', 'a.json')).toThrow('a.json is not JSON');
    expect(() => parseCheckpoint('{"seq":0}', 'a.json')).toThrow(/a\.json is malformed/);
  });
});

describe('the signing key', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'emend-key-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is made once, for its owner alone, with the public half beside it', async () => {
    const files = explained(disk);
    const first = await loadOrCreateKey(files, join(folder, 'keys'));
    const again = await loadOrCreateKey(files, join(folder, 'keys'));
    expect(again.id).toBe(first.id);
    if (process.platform !== 'win32') expect(statSync(join(folder, 'keys', PRIVATE_KEY_FILE)).mode & 0o777).toBe(0o600);
    const publicHalf = parsePublicKey(readFileSync(join(folder, 'keys', PUBLIC_KEY_FILE), 'utf8'), PUBLIC_KEY_FILE);
    expect(publicHalf.id).toBe(first.id);
    const message = Buffer.from('message');
    expect(publicHalf.verify(message, again.sign(message))).toBe(true);
    expect(publicHalf.verify(Buffer.from('massage'), again.sign(message))).toBe(false);
  });

  it('is one and the same for all that begin at once', async () => {
    const memory = new MemoryFiles();
    const all = await Promise.all(Array.from({ length: 6 }, () => loadOrCreateKey(explained(memory), '/data/keys')));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect((await loadOrCreateKey(explained(memory), '/data/keys')).id).toBe(all[0]!.id);
    expect(memory.paths()).toEqual([`/data/keys/${PRIVATE_KEY_FILE}`, `/data/keys/${PUBLIC_KEY_FILE}`]);
  });

  it('is made whole or not at all, wherever the power fails, and the one that was used lasts', async () => {
    const trial = new MemoryFiles();
    await loadOrCreateKey(explained(trial), '/keys');
    expect(trial.operations).toBeGreaterThan(8);
    for (let at = 1; at <= trial.operations; at++) {
      const memory = new MemoryFiles();
      memory.fault = ({ number }) => (number >= at ? { code: 'EIO', part: 0.5 } : undefined);
      const used = await loadOrCreateKey(explained(memory), '/keys').catch(() => undefined);
      memory.fault = () => undefined;
      memory.powerCut();
      const after = await loadOrCreateKey(explained(memory), '/keys');
      if (used) expect(after.id).toBe(used.id);
    }
  });

  it('that another program is about to make is waited for, and where it does not, the file in the way is named', async () => {
    const memory = new MemoryFiles();
    await memory.makeFolder('/keys');
    memory.poke(
      '/keys/LOCK',
      Buffer.from(JSON.stringify({ pid: 1, host: 'elsewhere', started: '', nonce: '0123456789abcdef', since: '', app: 'Emend' })),
    );
    await expect(loadOrCreateKey(explained(memory), '/keys', 100)).rejects.toMatchObject({
      code: 'failed',
      hint: expect.stringContaining('/keys/LOCK') as string,
    });
    expect(memory.paths()).toEqual(['/keys/LOCK']);
  });

  it('is never replaced when its file is damaged', async () => {
    const memory = new MemoryFiles();
    await memory.makeFolder('/keys');
    memory.poke(`/keys/${PRIVATE_KEY_FILE}`, Buffer.from('garbage'));
    await expect(loadOrCreateKey(explained(memory), '/keys')).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('not a private key') as string,
    });
    expect(memory.peek(`/keys/${PRIVATE_KEY_FILE}`).toString()).toBe('garbage');
  });

  it('that a person made with a passphrase opens with it alone', async () => {
    const files = explained(new MemoryFiles());
    const { key } = await createKey(files, '/grace.pem', 'correct horse');
    const missing = { code: 'bad-input', details: { field: 'passphrase' } };
    await expect(readSigningKey(files, '/grace.pem')).rejects.toMatchObject(missing);
    await expect(readSigningKey(files, '/grace.pem', 'wrong horse')).rejects.toMatchObject(missing);
    expect((await readSigningKey(files, '/grace.pem', 'correct horse')).id).toBe(key.id);
  });

  it('that a person began to make and has no public half yet is gone on with, where it is protected as asked', async () => {
    const files = explained(new MemoryFiles());
    const { key, publicFile } = await createKey(files, '/grace.pem', 'correct horse');
    await files.remove(publicFile); // as if the program had been ended before
    const refused = { code: 'bad-input', message: expect.stringContaining('is there already') as string };
    await expect(createKey(files, '/grace.pem')).rejects.toMatchObject(refused);
    await expect(createKey(files, '/grace.pem', 'wrong horse')).rejects.toMatchObject(refused);
    expect((await createKey(files, '/grace.pem', 'correct horse')).key.id).toBe(key.id);
    expect(Buffer.from(await files.read(publicFile)).toString()).toBe(key.pem);
    await expect(createKey(files, '/grace.pem', 'correct horse')).rejects.toMatchObject(refused);
  });

  it('changed by a program that was ended meanwhile leaves nothing behind', async () => {
    const files = explained(new MemoryFiles());
    const { id, pem } = await loadOrCreateKey(files, '/keys');
    await trustKey(files, '/keys', generateKey().pem, 'k.pem');
    for (const path of ['/keys/signing-key.pem', '/keys/trusted/k.pem'])
      await (await files.open(`${path}.0123456789ab.tmp`, 'new')).write(Buffer.from('half'));
    const ended = { ...(await processes.self()), started: 'long ago', nonce: '0123456789abcdef', since: '', app: 'Emend' };
    await (await files.open(`/keys/${LOCK}`, 'new')).write(Buffer.from(JSON.stringify(ended)));
    await tidyKeys(files, '/keys');
    expect((await files.list('/keys')).sort()).toEqual([PRIVATE_KEY_FILE, PUBLIC_KEY_FILE, 'trusted'].sort());
    expect(await files.list('/keys/trusted')).toHaveLength(1);
    expect(await loadOrCreateKey(files, '/keys')).toMatchObject({ id, pem });

    const held = await takeLock(files, '/keys', 'Emend', new Date());
    await tidyKeys(files, '/keys'); // of a program that runs
    expect(await files.list('/keys')).toContain(LOCK);
    await held.release();
  });

  it('does not show its private half in the object', () => {
    expect(JSON.stringify(generateKey())).not.toContain('PRIVATE');
  });

  it('that is not Ed25519 is refused', () => {
    expect(() => parsePublicKey('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'k.pem')).toThrow(
      'k.pem is not a public key',
    );
  });
});
