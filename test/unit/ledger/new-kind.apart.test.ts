import * as v from 'valibot';
import { expect, it } from 'vitest';
import * as bodies from '../../../electron/ledger/bodies.ts';
import type { KindDefinition, PartBody, PartDefinition } from '../../../electron/ledger/kinds/definition.ts';
import { DEFINITIONS } from '../../../electron/ledger/kinds/index.ts';
import { sha256 } from '../../../electron/storage/hash.ts';
import { ENTRY_KINDS, type EntryKind, type Kind } from '../../../shared/kinds.ts';
import { MemoryFiles } from '../storage/memory-files.ts';

/** A part that the product does not have, and an entry about a version, in the two lists before anything is derived from them. */
const graft = v.strictObject({
  parent: bodies.VersionId,
  version: bodies.VersionId,
  method: bodies.Text,
  hyperparameters: bodies.Fields,
  seeds: bodies.Seeds,
  weights: bodies.BlobRefSchema,
  changed: bodies.Changed,
  checks: bodies.Checks,
  evidence: bodies.Evidence,
  details: bodies.Fields,
});
const graftKind: PartDefinition<PartBody & v.InferOutput<typeof graft>> = {
  schema: graft,
  input: v.omit(graft, ['version']) as never,
  needsReason: true,
  told: ({ method, checks, weights }) => ({ method, checks, about: [`weights of ${weights.bytes} bytes`] }),
  part: ({ weights }) => ({ hash: weights.blob, delta: weights }),
};
const milestone = v.strictObject({ version: bodies.VersionId, named: bodies.Text, after: bodies.Sequence });
const milestoneKind: KindDefinition<v.InferOutput<typeof milestone>, v.InferOutput<typeof milestone>> = {
  schema: milestone,
  input: milestone,
  needsReason: false,
  told: ({ named }) => ({ about: [named], words: ['festive'] }),
  names: ({ after }) => [after],
};
const people: Record<string, EntryKind> = {
  graft: { label: 'Graft', icon: 'spark', tone: 'accent', version: 'adds' },
  milestone: { label: 'Milestone', icon: 'tag' },
};
Object.assign(ENTRY_KINDS, people);
Object.assign(DEFINITIONS, { graft: graftKind, milestone: milestoneKind });

const { BY, commit, importBody, open } = await import('./samples.ts');
const { partsOf } = await import('../../../electron/ledger/versions.ts');
const { partOf } = await import('../../../electron/ledger/kinds/index.ts');
const { addsPart } = await import('../../../electron/ledger/entries.ts');
const { tensorHashes } = await import('../../../electron/services/tensor-hashes.ts');
const { versionRecord } = await import('../../../electron/services/attest/version-record.ts');
const { mlBom } = await import('../../../electron/services/attest/ml-bom.ts');
const { reportHtml } = await import('../../../electron/services/attest/report-html.ts');
const { loggedEntries } = await import('../../../electron/services/logged.ts');
const { RowSchema, EntrySchema } = await import('../../../shared/contract/audit.ts');
const { MomentSchema } = await import('../../../shared/contract/versions.ts');
const { bodyView } = await import('../../../shared/entry-body.ts');
const { headline, stepsOf, writes } = await import('../../../renderer/screens/versions/timeline.ts');

const [GRAFT, MILESTONE] = ['graft', 'milestone'] as unknown as [Kind, Kind];

/** Import, edit, graft, milestone, edit. */
async function story(files = new MemoryFiles()) {
  const l = await open('/l', { files, create: true });
  await l.append('import', importBody(), BY);
  const edit = await commit(l, 1);
  const weights = await l.blobs.put(Buffer.from('grafted weights'), 'application/octet-stream');
  const changed = [{ tensor: 'layers.3.mlp.down', before: edit.body.changed[0]!.after, after: sha256('grafted') }];
  const checks = [{ name: 'efficacy', value: 1, threshold: 0.9, passed: true }];
  const made = { method: 'graft-1', hyperparameters: { depth: 2 }, seeds: {}, checks, evidence: { weights }, details: {} };
  await l.append(GRAFT, { parent: edit.body.version, weights, changed, ...made } as never, BY);
  const { id: version } = l.history.current;
  await l.append(MILESTONE, { version, named: 'spring', after: 3 } as never, { ...BY, reason: '' });
  await commit(l, 2);
  return { l, files, grafted: version, weights };
}

it('is recorded, makes its version, and is found in the log', async () => {
  const { l, grafted, weights } = await story();
  expect(partsOf(l.history.current).map((part) => part.entry)).toEqual([2, 3, 5]);
  expect(l.history.moments.map((moment) => moment.entry)).toEqual([1, 2, 3, 5]);
  const entry = l.entry(3);
  expect(entry.body).toMatchObject({ version: grafted });
  expect(addsPart(entry) && partOf(entry)).toEqual({ hash: weights.blob, delta: weights });
  expect(tensorHashes(l.entries).versions.get(grafted)?.get('layers.3.mlp.down')).toBe(sha256('grafted'));

  const { rows } = l.list({ order: 'oldest' });
  expect(rows[2]).toMatchObject({ kind: 'graft', method: 'graft-1', verdict: 'passed', version: grafted });
  expect(rows[3]).toMatchObject({ kind: 'milestone', version: grafted, verdict: 'none', subjects: [] });
  expect(l.list({ kinds: [GRAFT] }).total).toBe(1);
  expect(l.list({ text: 'festive spring' }).rows.map((row) => row.seq)).toEqual([4]);
  expect(l.list({ text: 'weights of 15 bytes' }).rows.map((row) => row.seq)).toEqual([3]);
});

it('is refused where it does not fit or cannot follow', async () => {
  const { l, grafted } = await story();
  const late = { version: grafted, named: 'autumn', after: 99 };
  await expect(l.append(MILESTONE, late as never, BY)).rejects.toMatchObject({ code: 'not-found' });
  await expect(l.append(MILESTONE, { ...late, more: 1 } as never, BY)).rejects.toMatchObject({ code: 'bad-input' });
  await expect(l.append(MILESTONE, { ...late, version: sha256('none') } as never, BY)).rejects.toMatchObject({ code: 'not-found' });
  const again = { ...l.entry(3).body } as Record<string, unknown>;
  delete again['version'];
  await expect(l.append(GRAFT, again as never, BY)).rejects.toThrow('This graft was made for version');
  const here = { ...again, parent: l.history.current.id };
  await expect(l.append(GRAFT, here as never, { ...BY, reason: '' })).rejects.toThrow('The graft entry has no reason');
});

it('opens and verifies again, is taken out and gone back to, and its missing blob is told', async () => {
  const { l, files, grafted, weights } = await story();
  const now = l.history.current.id;
  await l.append('revert', { parent: now, entry: 3, changed: [], checks: [], evidence: {} }, BY);
  expect(partsOf(l.history.current).map((part) => part.entry)).toEqual([2, 5]);
  await l.append('rollback', { parent: l.history.current.id, version: grafted, changed: [] }, BY);
  const { head } = l;
  await l.close();
  const again = await open('/l', { files });
  expect(again.head).toEqual(head);
  expect(again.history.current.id).toBe(grafted);
  expect(await again.verify()).toMatchObject({ ok: true });
  await files.remove(again.blobs.path(weights.blob));
  expect(await again.verify()).toMatchObject({ ok: false, first: { seq: 3, what: 'blob' } });
});

it('is kept as a draft while it is worked on', async () => {
  const { l, grafted } = await story();
  const content = { kind: GRAFT as 'edit', parent: grafted, facts: [], blobs: {}, content: {} };
  await l.drafts.save(content, new Date(0));
  expect((await l.drafts.list()).drafts).toMatchObject([{ kind: 'graft' }]);
  await expect(l.drafts.save({ ...content, kind: MILESTONE as 'edit' }, new Date(0))).rejects.toMatchObject({ code: 'bad-input' });
});

it('is in the reports and the bill of materials of a version', async () => {
  const { l, weights } = await story();
  const record = versionRecord(await l.journal(), 'current');
  expect(record.parts.map((part) => part.kind)).toEqual(['edit', 'graft', 'edit']);
  expect(record.measured.map((one) => [one.entry, one.suite])).toContainEqual([3, 'graft']);
  const shared = { record, files: [], format: 'folder', app: '0', time: '2026-11-22T00:00:00.000Z', author: 'Ada' };
  const bom = JSON.stringify(mlBom(shared));
  expect(bom).toContain('graft by graft-1');
  expect(bom).toContain(weights.blob);
  expect(bom).toContain('2 facts were written');
  expect(reportHtml(shared)).toContain('Entry 3: Graft by graft-1');
});

it('crosses the contract and is shown, with its fields, without a further touch', async () => {
  const { l } = await story();
  for (const { row, about } of loggedEntries(l, l.list().rows)) expect(v.is(RowSchema, { ...row, about }), row.kind).toBe(true);
  const entry = l.entry(4);
  const view = { ...entry, title: '', body: { ...entry.body }, evidence: [], remarks: [] };
  expect(v.is(EntrySchema, view)).toBe(true);
  expect(bodyView(view).fields).toEqual([
    { name: 'named', value: 'spring' },
    { name: 'after', value: '3' },
  ]);
  const moments = l.history.moments.map(({ entry: seq, time, version }) => {
    const { kind, author, reason } = l.entry(seq);
    return v.parse(MomentSchema, { entry: seq, kind, time, author, reason, version: version.id, facts: [], checks: [], inForce: true });
  });
  const steps = stepsOf({ current: l.history.current.id, base: moments[0]!.version, versions: [], timeline: moments.reverse() });
  const step = steps.find((one) => one.moment.entry === 3)!;
  expect(writes(step.moment)).toBe(true);
  expect(headline(step)).toBe('Graft');
});
