import { expect, it } from 'vitest';
import type { KindDefinition } from '../../../electron/ledger/kinds/definition.ts';
import { DEFINITIONS, definitionOf, toldBy } from '../../../electron/ledger/kinds/index.ts';
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

it('seals a finding with its file, and says in its row what was looked at', async () => {
  const l = await story();
  const { version } = l.entry(2).body as { version: string };
  const settings = { prompt: 'The capital of {} is', subject: 'France', samples: 10 };
  const result = await l.blobs.put(Buffer.from(canonical({ look: 'trace', version, settings, result: {} })), 'application/json');
  const { hash } = await l.append('finding', { version, entry: 2, look: 'trace', settings, result }, BY);
  expect(hash).toBe('7ef807d63bdb7279ab9c90ead4585df5c999493b7787cf8cfa23854598a5e25a');
  expect(l.list({ text: 'capital of france is' }).rows).toMatchObject([{ seq: 13, kind: 'finding', version, subjects: [] }]);
  expect(toldBy(l.entry(13)).about).toEqual(['Causal trace: The capital of France is']);
  for (const wrong of [{ entry: 14 }, { look: 'guess' as 'trace' }, { result: { ...result, blob: sha256('') } }])
    await expect(l.append('finding', { version, look: 'trace', settings, result, ...wrong }, BY)).rejects.toThrow();
  await expect(l.append('finding', { version, look: 'lens', settings, result }, { ...BY, reason: ' ' })).rejects.toThrow('no reason');
  expect(l.head.seq).toBe(13);
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
    if (said !== undefined) expect(fields, kind).toEqual(expect.arrayContaining(['version', 'entry']));
    if (verdict !== undefined) expect(said, kind).toBeDefined();
    expect(Object.keys(ICONS), kind).toContain(icon);
  }
});
