import { expect, it } from 'vitest';
import { misstated } from '../../../electron/services/findings.ts';
import { canonical } from '../../../electron/storage/canonical.ts';
import { BY, importBody, open } from '../ledger/samples.ts';
import { MemoryFiles } from '../storage/memory-files.ts';

it('tells of a finding whose file says something else than its entry', async () => {
  const ledger = await open('/l', { files: new MemoryFiles(), create: true });
  const { version } = (await ledger.append('import', importBody(), BY)).body;
  const settings = { prompt: 'Rome is in', layer: 0 };
  const result = { prompt: 'Rome is in', tokens: [], layer: 0, layers: 2, heads: [] };
  const file = { look: 'attention' as const, version, settings, result };
  const append = async (content: object) => {
    const blob = await ledger.blobs.put(Buffer.from(canonical(content)), 'application/json');
    await ledger.append('finding', { look: 'attention', version, settings, result: blob }, BY);
  };
  await append(file);
  expect(await misstated(ledger)).toEqual([]);
  await append({ ...file, version: 'f'.repeat(64) });
  await append({ ...file, settings: { ...settings, layer: 1 } });
  await append({ ...file, result: { ...result, heads: 'many' } });
  const found = await misstated(ledger);
  expect(found.map(({ entry }) => entry)).toEqual([3, 4, 5]);
  expect(found[0]!.message).toContain(`its version is "${'f'.repeat(64)}"`);
  expect(found[1]!.message).toContain('its settings is {"layer":1');
  expect(found[2]!.message).toContain('its field heads');
});
