import { expect, it } from 'vitest';
import type { KindDefinition } from '../../../electron/ledger/kinds/definition.ts';
import { DEFINITIONS, definitionOf } from '../../../electron/ledger/kinds/index.ts';
import { canonical } from '../../../electron/storage/canonical.ts';
import { sha256 } from '../../../electron/storage/hash.ts';
import { ICONS } from '../../../renderer/components/icons.ts';
import { kindInfo, kindNames } from '../../../shared/kinds.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, commit, importBody, open } from './samples.ts';

/** One entry of every kind. */
async function story() {
  const l = await open('/l', { files: new MemoryFiles(), create: true });
  const base = (await l.append('import', importBody(), BY)).body.version;
  await commit(l, 1);
  const second = await commit(l, 2);
  const { version } = second.body;
  await l.append('tag', { name: 'v1', version }, BY);
  await l.append('note', { version, entry: 2 }, BY);
  await l.append('approve', { version }, BY);
  await l.append('reject', { version, entry: 3 }, BY);
  const checks = [{ name: 'efficacy', value: 0.5, threshold: 0.9, passed: false }];
  const measured = { hyperparameters: {}, seeds: {}, facts: second.body.facts, checks, evidence: {}, details: {} };
  await l.append('check', { version, suite: 'facts in force', ...measured }, BY);
  const file = { path: 'model.onnx', bytes: 3, sha256: sha256('abc') };
  await l.append('export', { version, format: 'folder', destination: 'out', files: [file], details: {} }, BY);
  await l.append('revert', { parent: version, entry: 2, changed: [], checks, evidence: {} }, BY);
  await l.append('rollback', { parent: l.history.current.id, version: base, changed: [] }, BY);
  await l.append('verify', { upTo: l.head.seq, head: l.head.hash, ok: true, problems: [], details: {} }, BY);
  return l;
}

it('seals the entries of every kind, and makes their rows, as the releases before did', async () => {
  const l = await story();
  expect(l.head).toEqual({ seq: 12, hash: 'f97ef4061f24820b90a5af70f7524075aab44b1e7215beebea972c6c223ad38d' });
  expect(sha256(canonical(l.list({ order: 'oldest' }).rows))).toBe('0fc535e9ec04c74ac1e8881d862d7edc903755f7390c7029307fac2b32965f8a');
});

it('holds the two lists of kinds, for people and for the ledger, to say the same', () => {
  expect(Object.keys(DEFINITIONS).toSorted()).toEqual(kindNames().toSorted());
  for (const kind of kindNames()) {
    const { version, said, verdict, icon } = kindInfo(kind);
    const definition: KindDefinition = definitionOf(kind);
    const fields = Object.keys(definition.schema.entries);
    expect({ kind, part: 'part' in definition, result: 'result' in definition, takesOut: 'takesOut' in definition }).toEqual({
      kind,
      part: version === 'adds',
      result: version !== undefined && version !== 'adds',
      takesOut: version === 'takes out',
    });
    if (version !== undefined) expect(fields, kind).toContain('version');
    if (version !== undefined && version !== 'begins') expect(fields, kind).toEqual(expect.arrayContaining(['parent', 'changed']));
    if (said !== undefined) expect(fields, kind).toEqual(['version', 'entry']);
    if (verdict !== undefined) expect(said, kind).toBeDefined();
    expect(Object.keys(ICONS), kind).toContain(icon);
  }
});
