import { describe, expect, it } from 'vitest';
import type { Moment, Version } from '../../../../shared/contract/versions.ts';
import { actsOn, choose, orderedPair, stepsOf, versionLabel, type VersionList } from '../../../../renderer/screens/versions/timeline.ts';
import { reviewState } from '../../../../shared/reviews.ts';

const version = (id: string, entry: number, parts: number[], rest: Partial<Version> = {}): Version => ({
  id,
  entry,
  time: `2026-01-0${entry}T00:00:00.000Z`,
  tags: [],
  reviews: [],
  parts,
  ...rest,
});
const moment = (entry: number, kind: Moment['kind'], of: string, inForce = false, rest: Partial<Moment> = {}): Moment => ({
  entry,
  kind,
  time: `2026-01-0${entry}T00:00:00.000Z`,
  author: 'Ada',
  reason: '',
  version: of,
  facts: [],
  checks: [],
  inForce,
  ...rest,
});

/** Import, two edits, the first taken out, all rolled back, then rolled forward to both edits, then the first taken out again. */
const list: VersionList = {
  current: 'b',
  base: 'base',
  versions: [version('b', 4, [3]), version('ab', 3, [2, 3], { tags: ['spring'] }), version('a', 2, [2]), version('base', 1, [])],
  timeline: [
    moment(7, 'revert', 'b', false, { reverts: 2 }),
    moment(6, 'rollback', 'ab'),
    moment(5, 'rollback', 'base'),
    moment(4, 'revert', 'b', false, { reverts: 2 }),
    moment(3, 'edit', 'ab', true),
    moment(2, 'edit', 'a'),
    moment(1, 'import', 'base'),
  ],
};
const step = (entry: number) => stepsOf(list).find((one) => one.moment.entry === entry)!;

describe('the timeline', () => {
  it('marks the current version wherever it was current, and its newest step as the head', () => {
    expect(
      stepsOf(list)
        .filter((one) => one.current)
        .map((one) => one.moment.entry),
    ).toEqual([7, 4]);
    expect(
      stepsOf(list)
        .filter((one) => one.head)
        .map((one) => one.moment.entry),
    ).toEqual([7]);
    expect(
      stepsOf(list)
        .filter((one) => one.base)
        .map((one) => one.moment.entry),
    ).toEqual([5, 1]);
  });

  it('says what took an edit out last, though it was out and back in before', () => {
    expect(step(2).outBy).toEqual({ entry: 7, kind: 'revert' });
    expect(step(3).outBy).toBeUndefined();
  });

  it('names the entry that a rollback went back to, and carries tags of the version', () => {
    expect(step(6).backTo).toBe(3);
    expect(step(6).tags).toEqual(['spring']);
    expect(step(5).backTo).toBe(1);
  });

  it('offers only what can be done', () => {
    expect(actsOn(step(3))).toEqual({ rollback: true, revert: true, check: true, export: true });
    expect(actsOn(step(2))).toMatchObject({ rollback: true, revert: false });
    expect(actsOn(step(4))).toMatchObject({ rollback: false, revert: false });
    expect(actsOn(step(1))).toMatchObject({ rollback: true, check: false });
  });

  it('labels a version by what people call it', () => {
    expect(versionLabel(list.versions[0]!, list)).toBe('Entry 4 · b (current)');
    expect(versionLabel(list.versions[1]!, list)).toBe('Entry 3 · ab (spring)');
  });
});

describe('reviews', () => {
  const review = (author: string, verdict: 'approve' | 'reject', entry: number) => ({ entry, time: '', author, verdict, comment: '' });
  it('count the latest word of each person, and a rejection outweighs approvals', () => {
    expect(reviewState([])).toBe('none');
    expect(reviewState([review('Ada', 'reject', 1), review('Ada', 'approve', 2)])).toBe('approved');
    expect(reviewState([review('Ada', 'approve', 1), review('Bob', 'reject', 2)])).toBe('rejected');
    // As the policy tells people apart: a name written another way takes nothing back and adds nobody.
    expect(reviewState([review('Ada', 'reject', 1), review('ada ', 'approve', 2)])).toBe('approved');
  });
});

describe('choosing two versions', () => {
  it('lets go of a chosen one and replaces the one chosen longer ago', () => {
    expect(choose(['a'], 'ab')).toEqual(['a', 'ab']);
    expect(choose(['a', 'ab'], 'a')).toEqual(['ab']);
    expect(choose(['a', 'ab'], 'b')).toEqual(['ab', 'b']);
  });
  it('puts the one made earlier first', () => {
    expect(orderedPair(['b', 'base'], list.versions)).toEqual({ a: 'base', b: 'b' });
    expect(orderedPair(['b'], list.versions)).toBeUndefined();
  });
});
