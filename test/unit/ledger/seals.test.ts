import { expect, it } from 'vitest';
import { generateKey } from '../../../electron/ledger/keys.ts';
import { sealRemark, sealerOf } from '../../../electron/ledger/seals.ts';
import { reviewed } from '../../../electron/services/policy.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, commit, importBody, open } from './samples.ts';

const said = { kind: 'approve', author: 'Grace', reason: 'Read it', version: 'a'.repeat(64) };
const upTo = { seq: 3, head: 'b'.repeat(64) };

it('holds the words, who said them, of what and when; anything else does not fit', () => {
  const key = generateKey();
  const seal = sealRemark(key, said, upTo);
  expect(sealerOf(said, seal)?.id).toBe(key.id);
  for (const other of [{ kind: 'reject' }, { author: 'Eve' }, { reason: 'Read it not' }, { version: 'c'.repeat(64) }, { entry: 3 }])
    expect(sealerOf({ ...said, ...other }, seal)).toBeUndefined();
  expect(sealerOf(said, { ...seal, upTo: { ...upTo, seq: 4 } })).toBeUndefined();
  expect(sealerOf(said, { ...seal, key: generateKey().pem })).toBeUndefined();
  expect(sealerOf(said, { ...seal, key: 'no key' })).toBeUndefined();
});

it('counts once: an approval that was taken back does not come back with the same signature', async () => {
  const ledger = await open('/l', { files: new MemoryFiles(), create: true });
  await ledger.append('import', importBody(), BY);
  await commit(ledger, 1);
  const key = generateKey();
  const version = ledger.history.current.id;
  const by = { author: 'Grace', reason: '' };
  const end = { seq: ledger.head.seq, head: ledger.head.hash };
  const seal = sealRemark(key, { kind: 'approve', ...by, version }, end);
  await ledger.append('approve', { version, seal }, by);
  const keys = () => reviewed(ledger, ledger.history.current).reviews.map((review) => review.key);
  expect(keys()).toEqual([key.id]);
  await ledger.append('reject', { version }, { author: 'Grace', reason: 'I was wrong' });
  await ledger.append('approve', { version, seal }, by);
  expect(keys()).toEqual([key.id, undefined, undefined]);
});
