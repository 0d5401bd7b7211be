import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { factHistory } from '../../../electron/services/fact-history.ts';
import { factsCsv, factsHtml } from '../../../electron/services/attest/facts-documents.ts';
import { loggedEntries, reviewOf } from '../../../electron/services/logged.ts';
import { logTable } from '../../../electron/services/attest/log-table.ts';
import { BY, commit, edit, importBody, open } from '../ledger/samples.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { parsePage } from '../attest/dom.ts';

/** Three edits: the first is replaced by a later answer to the same question, the second reverted, the third approved and checked. */
async function story() {
  const ledger = await open('/l', { files: new MemoryFiles(), create: true });
  await ledger.append('import', importBody(), BY);
  await commit(ledger, 1);
  await commit(ledger, 2);
  const body = await edit(ledger.blobs, ledger.history.current.id, 3);
  const other = { ...body.facts[0]!, subject: 'Person 1', target: 'Italian' };
  const third = await ledger.append('edit', { ...body, facts: [other] }, { author: 'Bob', reason: 'Italian after all' });
  const checks = [{ name: 'answers', value: 0.5, threshold: 0.9, passed: false }];
  const { version } = third.body;
  await ledger.append(
    'check',
    { version, suite: 'facts given', hyperparameters: {}, seeds: {}, facts: [other], checks, evidence: {}, details: {} },
    BY,
  );
  await ledger.append('approve', { version, entry: 4 }, { author: 'Grace', reason: '' });
  const parent = ledger.history.current.id;
  await ledger.append('revert', { parent, entry: 3, changed: [], checks: [], evidence: {} }, { author: 'Ada', reason: 'Wrong source' });
  return ledger;
}

it('tells of every fact ever changed what became of it, by which entry, how checked and how reviewed', async () => {
  const ledger = await story();
  const facts = factHistory(ledger);
  expect(facts.map(({ entry, subject, from, to, author }) => [entry, subject, from, to, author])).toEqual([
    [2, 'Person 1', 'Dutch', 'Français', 'Ada'],
    [3, 'Person 2', 'Dutch', 'English', 'Ada'],
    [4, 'Person 1', 'Dutch', 'Italian', 'Bob'],
  ]);
  expect(facts.map(({ state, by }) => [state, by])).toEqual([
    ['replaced', 4],
    ['taken out', 7],
    ['in force', undefined],
  ]);
  expect(facts.map(({ review }) => review)).toEqual(['none', 'none', 'approved']);
  expect(facts[2]).toMatchObject({
    checks: 'passed',
    checkedLater: [{ entry: 5, verdict: 'failed' }],
    reviews: [{ author: 'Grace', entry: 6 }],
  });
  // The check was of another answer to the same question.
  expect(facts[0]!.checkedLater).toEqual([]);
});

it('follows a roll back out of force and in again', async () => {
  const ledger = await open('/l', { files: new MemoryFiles(), create: true });
  await ledger.append('import', importBody(), BY);
  const { version } = (await commit(ledger, 1)).body;
  const back = (to: string) => ledger.append('rollback', { parent: ledger.history.current.id, version: to, changed: [] }, BY);
  await back(ledger.history.find('base').id);
  expect(factHistory(ledger)).toMatchObject([{ state: 'taken out', by: 3 }]);
  await back(version);
  expect(factHistory(ledger)).toMatchObject([{ state: 'in force' }]);
  expect(factHistory(ledger)[0]).not.toHaveProperty('by');
});

it('is written out with everything, as a table and as a page that prints', async () => {
  const ledger = await story();
  const facts = factHistory(ledger);
  const { data } = Papa.parse<Record<string, string>>(factsCsv(facts).slice(1).trimEnd(), { header: true });
  expect(data[0]).toMatchObject({
    question: 'The mother tongue of Person 1 is',
    before: 'Dutch',
    after: 'Français',
    state: 'replaced',
    'by entry': '4',
  });
  expect(data[2]).toMatchObject({
    'reviewed by': 'approved by Grace (entry 6)',
    'checked later': 'entry 5 failed',
    hash: ledger.entry(4).hash,
  });
  const page = parsePage(factsHtml(facts, { model: 'atlas', head: ledger.head, app: '0.1.0', time: '2026-11-23T08:30:00.000Z' }));
  const text = page.body.textContent;
  for (const said of ['replaced, by entry 4', 'taken out, by entry 7', 'approved by Grace', 'not reviewed', ledger.entry(4).hash])
    expect(text).toContain(said);
  expect(page.querySelectorAll('tbody tr')).toHaveLength(3);
});

it('says of entries that made a version how that was reviewed, also in the log as a table', async () => {
  const ledger = await story();
  const { rows } = ledger.list({ order: 'oldest' });
  expect(rows.map((row) => reviewOf(row, ledger))).toEqual([undefined, 'none', 'none', 'approved', undefined, undefined, 'none']);
  const { columns, rows: cells } = logTable(loggedEntries(ledger, rows));
  expect(cells.map((row) => row[columns.indexOf('review')])).toEqual([
    '',
    'not reviewed',
    'not reviewed',
    'approved',
    '',
    '',
    'not reviewed',
  ]);
});
