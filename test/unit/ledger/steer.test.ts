import { expect, it } from 'vitest';
import { partOf, toldBy } from '../../../electron/ledger/kinds/index.ts';
import { partsOf } from '../../../electron/ledger/versions.ts';
import { sha256 } from '../../../electron/storage/hash.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, commit, importBody, open } from './samples.ts';

async function steered() {
  const files = new MemoryFiles();
  const l = await open('/l', { files, create: true });
  await l.append('import', importBody(), BY);
  await commit(l, 1);
  const blob = (text: string) => l.blobs.put(Buffer.from(text), 'application/vnd.safetensors');
  const body = async (parts: object) => ({
    parent: l.history.current.id,
    method: 'repe',
    title: 'Representation Engineering, fitted on pairs',
    hyperparameters: { coefficient: { value: '2' } },
    seeds: {},
    changed: [],
    checks: [{ name: 'MC1', value: 0.8, before: 0.4, count: 200 }],
    evidence: { report: await blob('report') },
    details: {},
    ...parts,
  });
  return { l, files, blob, body };
}

it('adds a part whose hash is that of what steers, stacks with edits, and is taken out again', async () => {
  const { l, blob, body } = await steered();
  const before = l.history.current.id;
  const steering = await blob('vectors');
  const entry = await l.append('steer', await body({ steering, data: await blob('pairs') }), BY);
  expect(partOf(entry)).toEqual({ hash: steering.blob, steering });
  expect(toldBy(entry)).toMatchObject({ method: 'repe', about: ['Representation Engineering, fitted on pairs'] });
  const edited = await commit(l, 3);
  expect(partsOf(l.history.current).map((part) => part.entry)).toEqual([2, entry.seq, edited.seq]);
  const both = l.history.current.id;
  await l.append('revert', { parent: both, entry: entry.seq, changed: [], checks: [], evidence: {} }, BY);
  expect(partsOf(l.history.current).map((part) => part.entry)).toEqual([2, edited.seq]);
  await l.append('rollback', { parent: l.history.current.id, version: both, changed: [] }, BY);
  expect(l.history.current.id).toBe(both);
  await l.append('rollback', { parent: both, version: before, changed: [] }, BY);
  // The same steering on the same version is the same version again.
  const again = await l.append('steer', await body({ steering }), BY);
  expect(again.body.version).toBe(entry.body.version);
  expect(l.list({ order: 'oldest' }).rows.map(({ kind }) => kind)).toContain('steer');
});

it('is an intervention or a delta, not both and not neither', async () => {
  const { l, blob, body } = await steered();
  const [steering, delta] = [await blob('vectors'), await blob('delta')];
  await expect(l.append('steer', await body({}), BY)).rejects.toThrow(/neither an intervention nor a delta/);
  await expect(l.append('steer', await body({ steering, delta }), BY)).rejects.toThrow(/both an intervention and a delta/);
  const changed = [{ tensor: 'wte', before: sha256('a'), after: sha256('b') }];
  const entry = await l.append('steer', await body({ delta, changed }), BY);
  expect(partOf(entry)).toEqual({ hash: delta.blob, delta });
});

it('is missed by verification when its vectors are gone', async () => {
  const { l, files, blob, body } = await steered();
  const steering = await blob('vectors');
  await l.append('steer', await body({ steering }), BY);
  expect(await l.blobs.problem(steering)).toBeUndefined();
  await files.remove(l.blobs.path(steering.blob));
  expect(await l.blobs.problem(steering)).toBeDefined();
});
