import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../electron/ledger/entries.ts';
import { changedBetween, tensorHashes } from '../../../electron/services/tensor-hashes.ts';

const act = (kind: string, parent: string, version: string, changed: readonly [tensor: string, before: string, after: string][]) =>
  ({ kind, body: { parent, version, changed: changed.map(([tensor, before, after]) => ({ tensor, before, after })) } }) as unknown as Entry;
const ENTRIES = [
  { kind: 'import', body: { version: 'v0' } } as unknown as Entry,
  act('edit', 'v0', 'v1', [['a', 'a0', 'a1']]),
  act('edit', 'v1', 'v2', [
    ['a', 'a1', 'a2'],
    ['b', 'b0', 'b2'],
  ]),
  act('rollback', 'v2', 'v0', [
    ['a', 'a2', 'a0'],
    ['b', 'b2', 'b0'],
  ]),
];

describe('tensor hashes by version', () => {
  it('follows each act from the version it was made on', () => {
    const { base, versions } = tensorHashes(ENTRIES);
    expect(Object.fromEntries(base)).toEqual({ a: 'a0', b: 'b0' });
    expect(Object.fromEntries(versions.get('v1')!)).toEqual({ a: 'a1' });
    expect(Object.fromEntries(versions.get('v2')!)).toEqual({ a: 'a2', b: 'b2' });
  });

  it('says what changes between any two, in both directions', () => {
    const hashes = tensorHashes(ENTRIES);
    expect(changedBetween(hashes, 'v1', 'v2')).toEqual([
      { tensor: 'a', before: 'a1', after: 'a2' },
      { tensor: 'b', before: 'b0', after: 'b2' },
    ]);
    expect(changedBetween(hashes, 'v2', 'v1')).toEqual([
      { tensor: 'a', before: 'a2', after: 'a1' },
      { tensor: 'b', before: 'b2', after: 'b0' },
    ]);
    expect(changedBetween(hashes, 'v0', 'v0')).toEqual([]);
  });
});
