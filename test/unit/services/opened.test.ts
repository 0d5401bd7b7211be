import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Ledger } from '../../../electron/ledger/ledger.ts';
import { auditService } from '../../../electron/services/audit.ts';
import { Places } from '../../../electron/services/places.ts';
import { Preferences } from '../../../electron/services/preferences.ts';
import type { Surroundings } from '../../../electron/services/surroundings.ts';
import { BY, commit, importBody, open } from '../ledger/samples.ts';
import { MemoryFiles } from '../storage/memory-files.ts';

let home: string;
let ledger: Ledger;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'emend-opened-'));
  ledger = await open('/l', { files: new MemoryFiles(), create: true });
  await ledger.append('import', importBody(), BY);
  await commit(ledger, 1);
  await commit(ledger, 2);
  await ledger.append('tag', { name: 'autumn', version: ledger.history.current.id }, BY);
});
afterEach(() => rmSync(home, { recursive: true }));

/** The log as somebody has it open in this data folder. */
async function openAs(author: string, readOnly = false) {
  const preferences = await Preferences.open(new Places(home), { readOnly, author, threads: 1 });
  const models = { recorded: () => Promise.resolve({ id: 'm', ledger }) };
  const service = auditService({ models, preferences } as unknown as Surroundings);
  const model = 'm';
  return {
    open: async (seq: number) => (await service['audit.open']({ model, seq })).opened.map(({ author: by }) => by),
    rows: async () => {
      const { rows } = await service['audit.list']({ model, filter: {}, offset: 0, limit: 10 });
      return Object.fromEntries(rows.map(({ seq, opened }) => [seq, opened?.map(({ author: by }) => by)]));
    },
    waiting: async () => {
      const { waiting, unopened } = await service['audit.facets']({ model });
      return [waiting, unopened];
    },
  };
}

it('marks what waits for a review once a person had it open, by name, for every start after', async () => {
  const ada = await openAs('Ada');
  expect(await ada.rows()).toEqual({ 1: undefined, 2: [], 3: [], 4: undefined });
  expect(await ada.waiting()).toEqual([2, 2]);
  expect(await ada.open(2)).toEqual(['Ada']);
  expect(await ada.open(2)).toEqual(['Ada']);
  expect(await ada.waiting()).toEqual([2, 1]);
  // What others opened is not opened by this one.
  const grace = await openAs('Grace');
  expect(await grace.waiting()).toEqual([2, 2]);
  expect(await grace.open(2)).toEqual(['Ada', 'Grace']);
  expect(await (await openAs(' ADA ')).waiting()).toEqual([2, 1]);
});

it('marks nothing that cannot be reviewed, and another entry in the same place is another one', async () => {
  const ada = await openAs('Ada');
  expect(await ada.open(1)).toEqual([]);
  expect(await ada.open(4)).toEqual([]);
  await ada.open(3);
  const other = await open('/other', { files: new MemoryFiles(), create: true });
  await other.append('import', importBody(), BY);
  await commit(other, 1);
  await commit(other, 7);
  ledger = other;
  expect((await ada.rows())[3]).toEqual([]);
});

it('notes nothing where the data folder is only read', async () => {
  await (await openAs('Ada')).open(2);
  const reader = await openAs('Grace', true);
  expect(await reader.open(2)).toEqual(['Ada']);
  expect((await (await openAs('Ada')).rows())[2]).toEqual(['Ada']);
});
