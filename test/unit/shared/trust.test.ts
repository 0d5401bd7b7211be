import { describe, expect, it } from 'vitest';
import type { Verification } from '../../../shared/contract/audit.ts';
import { later, trustOf, trustWords, verifiedAt, type Outcome } from '../../../shared/trust.ts';
import { lastVerified, recordOf } from '../../../electron/services/verify-model.ts';
import { resultRows } from '../../../renderer/screens/log/trust.ts';
import { BY, commit, importBody, open } from '../ledger/samples.ts';
import { MemoryFiles } from '../storage/memory-files.ts';

const verdict = { upTo: 9, by: { what: 'anchor' as const, key: 'k' }, end: true, entries: 9, problems: 0, unchecked: [] };
const time = '2026-11-24T10:00:00.000Z';
const found: Verification = {
  ok: true,
  verdict,
  time,
  head: { seq: 9, hash: 'h' },
  entries: [{ seq: 1, problems: [] }],
  problems: [],
  checkpoints: 1,
  blobs: 2,
  files: 3,
  tensors: 4,
  beside: [],
};
const outcome: Outcome = { ok: true, verdict, covers: 10, time };
const card = { state: 'intact', entries: 10 };

describe('how a record stands', () => {
  it('what was proven, while nothing came after the verification and its own entry, which is not counted', () => {
    expect(trustOf(card, outcome)).toEqual({ state: 'verified', verdict, time });
    expect(trustWords(trustOf(card, outcome))).toMatchObject({ label: 'Proven up to entry 9', says: '9 entries verified', tone: 'good' });
    const behind = trustOf({ ...card, entries: 12 }, outcome);
    expect(behind).toEqual({ state: 'behind', verdict, since: 2, time });
    expect(trustWords(behind)).toMatchObject({ label: '2 entries not verified', says: 'up to entry 9 verified', tone: 'plain' });
    expect(verifiedAt(behind)).toBe(time);
  });
  it('an entry waits, when a verification was not recorded and one came after', () => {
    expect(trustOf(card, { ...outcome, covers: 9 })).toMatchObject({ state: 'behind', since: 1 });
  });
  it('never verified, and no word that it is whole', () => {
    const never = trustOf(card, undefined);
    expect(trustWords(never)).toMatchObject({ label: 'Never verified', tone: 'plain' });
    expect(verifiedAt(never)).toBeUndefined();
  });
  it('damaged, by a verification or as found on opening', () => {
    const bad: Outcome = { ...outcome, ok: false, first: { entry: 4, message: 'The report is missing.' } };
    expect(trustOf(card, bad)).toEqual({ state: 'damaged', entry: 4, message: 'The report is missing.', time });
    expect(trustOf({ ...card, state: 'damaged', says: 'Entry 3 was changed.' }, outcome)).toEqual({
      state: 'damaged',
      message: 'Entry 3 was changed.',
    });
  });
  it('goes by the later outcome', () => {
    const early = { ...outcome, time: '2026-01-01' };
    expect(later(early, outcome)).toBe(outcome);
    expect(later(outcome, early)).toBe(outcome);
    const recorded = { ...early, covers: 11 };
    expect(later(recorded, early)).toBe(recorded);
    expect(later(early, recorded)).toBe(recorded);
    expect(later(undefined, early)).toBe(early);
  });
});

it('is read from the entry that the last verification wrote; where an earlier release wrote it, as whole in itself', async () => {
  const ledger = await open('/l', { files: new MemoryFiles(), create: true });
  await ledger.append('import', importBody(), BY);
  await commit(ledger, 1);
  expect(lastVerified(ledger)).toBeUndefined();
  const head = { ...ledger.head };
  await ledger.append('verify', recordOf({ ...found, head, verdict: { ...verdict, upTo: 2, entries: 2 } }, [], '/l'), BY);
  expect(lastVerified(ledger)).toMatchObject({ ok: true, covers: 3, verdict: { upTo: 2, entries: 2, end: true } });
  expect(trustWords(trustOf({ state: 'intact', entries: 3 }, lastVerified(ledger)))).toMatchObject({ says: '2 entries verified' });
  const earlier = { upTo: 3, head: ledger.head.hash, ok: true, problems: [], details: {} };
  await ledger.append('verify', earlier, BY);
  expect(trustWords(trustOf({ state: 'intact', entries: 4 }, lastVerified(ledger))).label).toBe('Whole in itself');
});

it('puts damaged entries apart from whole ones and from damage outside of entries', () => {
  const damaged = { seq: 2, problems: ['changed'] };
  expect(
    resultRows({
      ...found,
      entries: [{ seq: 1, problems: [] }, damaged],
      problems: [
        { entry: 2, what: 'chain', message: 'changed' },
        { what: 'checkpoint', message: 'unsigned' },
      ],
    }),
  ).toEqual({ damaged: [damaged], whole: 1, elsewhere: ['unsigned'] });
});
