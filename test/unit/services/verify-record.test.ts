import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Verification } from '../../../shared/contract/audit.ts';
import { recordOf } from '../../../electron/services/verify-model.ts';
import { mustReadUnlikeOthers } from '../../../electron/services/tags.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, importBody, open } from '../ledger/samples.ts';

it('a verification keeps nothing of where the model lies: an entry stays, and goes out with every export', () => {
  const folder = join(homedir(), 'data/emend/models/0123');
  const message = `Could not read ${join(folder, 'model/model.onnx')}: it is away. ${join(tmpdir(), 'emend-1')}, ${join(homedir(), 'x')}.`;
  const found: Verification = {
    ok: false,
    verdict: { upTo: 0, end: false, entries: 1, problems: 1, unchecked: [message] },
    time: '2026-11-29T00:00:00.000Z',
    head: { seq: 1, hash: 'a'.repeat(64) },
    entries: [],
    problems: [{ entry: 1, what: 'file', message }],
    beside: [],
    checkpoints: 0,
    blobs: 0,
    files: 0,
    tensors: 0,
  };
  const given = [{ from: join(homedir(), 'backup/atlas'), end: { seq: 1, head: 'a'.repeat(64) } }];
  const kept = JSON.stringify(recordOf(found, given, folder));
  for (const place of [folder, homedir(), tmpdir()]) expect(kept).not.toContain(place);
  expect(kept).toContain('Could not read model/model.onnx: it is away. emend-1, x.');
});

it.each([
  ['Release', 'release'],
  ['caf\u00e9', 'cafe\u0301'],
  ['release', 'r\u0435lease'], // a Cyrillic letter
  ['a b', 'a  b'],
])('a version named %j keeps another from being named %j', async (name, alike) => {
  const ledger = await open('/l', { files: new MemoryFiles(), create: true });
  await ledger.append('import', importBody(), BY);
  await ledger.append('tag', { name, version: ledger.history.current.id }, BY);
  expect(() => mustReadUnlikeOthers(ledger, alike)).toThrow('reads like');
  expect(() => mustReadUnlikeOthers(ledger, `${name}-2`)).not.toThrow();
});
