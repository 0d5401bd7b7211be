import { describe, expect, it } from 'vitest';
import type { Verification } from '../../../../shared/contract/audit.ts';
import { verdictLabel } from '../../../../shared/verdict.ts';
import { later, outcomeOf, outcomeOfEntry, resultRows, trustOf } from '../../../../renderer/screens/log/trust.ts';

const verdict = { upTo: 9, by: { what: 'anchor' as const, key: 'k' }, end: true, entries: 9, problems: 0, unchecked: [] };
const found: Verification = {
  ok: true,
  verdict,
  time: '2026-11-24T10:00:00.000Z',
  head: { seq: 9, hash: 'h' },
  entries: [{ seq: 1, problems: [] }],
  problems: [],
  checkpoints: 1,
  blobs: 2,
  files: 3,
  tensors: 4,
  beside: [],
};
const card = { state: 'intact' as const, entries: 10 };

describe('what the badge says', () => {
  it('what was proven, while nothing came after the verification and its own entry', () => {
    const { upTo, by, end } = verdict;
    const details = { proven: { upTo, by, end } };
    const entry = outcomeOfEntry({ seq: 10, time: found.time, body: { upTo: 9, head: 'h', ok: true, problems: [], details } });
    expect(trustOf(card, entry)).toEqual({ state: 'verified', verdict, entries: 10, time: found.time });
    expect(trustOf({ ...card, entries: 12 }, entry)).toEqual({ state: 'behind', covers: 10, since: 2, time: found.time });
  });
  it('not verified since, when a verification was not recorded and one entry came after', () => {
    expect(trustOf(card, outcomeOf(found))).toEqual({ state: 'behind', covers: 9, since: 1, time: found.time });
  });
  it('no more than whole in itself, where an earlier release recorded the verification', () => {
    const entry = outcomeOfEntry({ seq: 10, time: found.time, body: { upTo: 9, head: 'h', ok: true, problems: [], details: {} } });
    const trust = trustOf(card, entry);
    expect(trust.state === 'verified' && verdictLabel(trust.verdict)).toBe('Whole in itself');
  });
  it('never verified', () => {
    expect(trustOf(card, undefined)).toEqual({ state: 'never', entries: 10 });
  });
  it('damaged, by a verification or as found on opening', () => {
    const bad = outcomeOf({ ...found, ok: false, first: { entry: 4, what: 'blob', message: 'The report is missing.' } });
    expect(trustOf(card, bad)).toEqual({ state: 'damaged', entry: 4, message: 'The report is missing.', time: found.time });
    expect(trustOf({ ...card, state: 'damaged', says: 'Entry 3 was changed.' }, outcomeOf(found))).toEqual({
      state: 'damaged',
      message: 'Entry 3 was changed.',
    });
  });
  it('goes by the later outcome', () => {
    const [early, late] = [{ ...outcomeOf(found), time: '2026-01-01' }, outcomeOf(found)];
    expect(later(early, late)).toBe(late);
    expect(later(late, early)).toBe(late);
    const recorded = { ...early, covers: early!.covers + 1 };
    expect(later(recorded, early)).toBe(recorded);
    expect(later(early, recorded)).toBe(recorded);
    expect(later(undefined, early)).toBe(early);
  });
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
