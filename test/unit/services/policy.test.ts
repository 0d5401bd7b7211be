import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../../shared/contract/settings.ts';
import { foldedName } from '../../../shared/folded-name.ts';
import { exportHindrances, letOut, type Reviewed } from '../../../electron/services/policy.ts';
import { askedBy, askedWords, countedIn, letOutWords } from '../../../shared/policy.ts';
import type { CheckResult } from '../../../electron/ledger/bodies.ts';

const MODEL = '0'.repeat(64);
const check = (name: string, value: number): CheckResult => ({ name, value });
const GOOD = [check('answers', 1), check('wordings', 0.9), check('kept', 0.8)];

const PLAIN = { suite: undefined, reapplies: undefined };

/** A ledger in which Ada made one edit, with these checks and reviews of the version that it made. */
function reviewed(
  checks: CheckResult[],
  reviews: readonly [author: string, verdict: 'approve' | 'reject'][] = [],
  later: CheckResult[] = [],
  suite = 'facts in force',
): Reviewed {
  const version = {
    id: 'v1',
    model: MODEL,
    parts: 1,
    top: { part: { entry: 2, hash: '' }, below: { id: 'v0', model: MODEL, parts: 0, top: undefined } },
  };
  const entries = [
    { ...PLAIN, seq: 1, author: 'Ada', kind: 'import' as const, version: 'v0', checks: [] },
    { ...PLAIN, seq: 2, author: 'Ada', kind: 'edit' as const, version: 'v1', checks },
    ...(later.length > 0 ? [{ ...PLAIN, suite, seq: 3, author: 'Bob', kind: 'check' as const, version: 'v1', checks: later }] : []),
  ];
  return { version, entries, reviews: reviews.map(([author, verdict]) => ({ author, verdict })) };
}

const settings = (policy: Partial<Settings['policy']>): Settings => ({
  ...DEFAULT_SETTINGS,
  policy: { ...DEFAULT_SETTINGS.policy, ...policy },
});

describe('what the policy asks for before an export', () => {
  it('asks for nothing by default', () => {
    expect(exportHindrances(reviewed([]), settings({}), 'Ada')).toEqual([]);
  });

  it('asks for checks above the thresholds', () => {
    const policy = settings({ requireChecks: true });
    expect(exportHindrances(reviewed(GOOD), policy, 'Ada')).toEqual([]);
    expect(exportHindrances(reviewed([check('answers', 0.5), ...GOOD.slice(1)]), policy, 'Ada')).toEqual([
      expect.stringContaining('“New answer given” of at least 0.9'),
    ]);
    // Other facts about the subject count where they were measured.
    expect(exportHindrances(reviewed([...GOOD, check('subject', 0.4)]), policy, 'Ada')).toEqual([
      expect.stringContaining('“Other facts about the subject kept” of at least 0.5'),
    ]);
    expect(exportHindrances(reviewed(GOOD.slice(0, 2)), policy, 'Ada')).toEqual([expect.stringContaining('check “Neighbours kept”')]);
  });

  it('takes the worst value of a measure, whichever is newer, and says of how many', () => {
    const policy = settings({ requireChecks: true });
    const poor = [check('answers', 0.5), ...GOOD.slice(1)];
    expect(exportHindrances(reviewed(poor, [], [check('answers', 1)]), policy, 'Ada')).toEqual([
      expect.stringContaining('the worst of 2 measurements of this version, in entry 2, is 0.5.'),
    ]);
    expect(exportHindrances(reviewed(GOOD, [], [check('kept', 0.1)]), policy, 'Ada')).toHaveLength(1);
    const out = letOut(reviewed(GOOD, [], [check('answers', 0.95)]), policy);
    expect(out.checks).toContainEqual({ name: 'answers', least: 0.9, value: 0.95, entry: 3, of: 2 });
    expect(letOutWords(out)).toContain('New answer given 0.95, the worst of 2 measurements, at least 0.9 (entry 3)');
  });

  it('goes on being told of exports of earlier releases as it was: they took the newest', () => {
    const policy = settings({ requireChecks: true });
    const one = reviewed([check('answers', 0.5), ...GOOD.slice(1)], [], [check('answers', 1)]);
    const out = letOut(one, policy, 'newest');
    expect(out.checks).toContainEqual({ name: 'answers', least: 0.9, value: 1, entry: 3 });
    expect(countedIn(out)).toBe('newest');
    expect(exportHindrances(one, policy, 'Ada', countedIn(out))).toEqual([]);
    expect(countedIn(letOut(one, policy))).toBe('worst');
  });

  it('takes no check of facts that somebody chose, nor that of one edit for a version with more', () => {
    const policy = settings({ requireChecks: true });
    const poor = [check('answers', 0.5), ...GOOD.slice(1)];
    expect(exportHindrances(reviewed(poor, [], GOOD, 'facts given'), policy, 'Ada')).toEqual([expect.stringContaining('at least 0.9')]);
    const one = reviewed(GOOD);
    expect(exportHindrances({ ...one, version: { ...one.version, parts: 2 } }, policy, 'Ada')).toHaveLength(3);
  });

  it.each(['Ada ', 'ADA', 'A\u200Bda', '\u0410da', 'Ａｄａ', 'A\u00ADda'])('takes %j for Ada', (name) => {
    expect(foldedName(name)).toBe(foldedName('Ada'));
    expect(exportHindrances(reviewed([], [[name, 'approve']]), settings({ requireApproval: 'someone-else' }), 'Ada')).toHaveLength(1);
  });

  it('tells people apart who are', () => {
    const names = ['Ada', 'Adá', 'Ida', 'Ада Иванова', 'Иван', 'Иваи', '王芳', '王方', 'A da'];
    expect(new Set(names.map(foldedName)).size).toBe(names.length);
  });

  it('takes whoever made an edit first for one who made it, when somebody else worked it out anew', () => {
    const made = reviewed([], [['Ada', 'approve']]);
    const again = { ...PLAIN, seq: 4, author: 'Bob', kind: 'edit' as const, version: 'v1', checks: [], reapplies: 2 };
    const version = { ...made.version, top: { ...made.version.top!, part: { entry: 4, hash: '' } } };
    const policy = settings({ requireApproval: 'someone-else' });
    expect(exportHindrances({ ...made, version, entries: [...made.entries, again] }, policy, 'Eve')).toHaveLength(1);
  });

  it('asks for an approval, and of someone else where it says so', () => {
    expect(exportHindrances(reviewed([]), settings({ requireApproval: 'anyone' }), 'Ada')).toHaveLength(1);
    expect(exportHindrances(reviewed([], [['Ada', 'approve']]), settings({ requireApproval: 'anyone' }), 'Ada')).toEqual([]);
    expect(exportHindrances(reviewed([], [['Ada', 'approve']]), settings({ requireApproval: 'someone-else' }), 'Ada')).toEqual([
      expect.stringContaining('(you did)'),
    ]);
    expect(exportHindrances(reviewed([], [['Bob', 'approve']]), settings({ requireApproval: 'someone-else' }), 'Ada')).toEqual([]);
  });

  it('lets a rejection stand until the same person approves', () => {
    const policy = settings({ requireApproval: 'anyone' });
    expect(
      exportHindrances(
        reviewed(
          [],
          [
            ['Bob', 'approve'],
            ['Eve', 'reject'],
          ],
        ),
        policy,
        'Ada',
      ),
    ).toEqual([expect.stringContaining('rejected by Eve')]);
    expect(
      exportHindrances(
        reviewed(
          [],
          [
            ['Eve', 'reject'],
            ['Eve', 'approve'],
          ],
        ),
        policy,
        'Ada',
      ),
    ).toEqual([]);
  });

  it('asks for an approval that another person signed with a key that counts', () => {
    const policy = settings({ requireApproval: 'another-key', people: { k1: 'Bob', k2: 'Ada' } });
    const by = (author: string, key?: string) => [{ author, verdict: 'approve' as const, entry: 3, ...(key === undefined ? {} : { key }) }];
    const hindrances = (reviews: Reviewed['reviews']) => exportHindrances({ ...reviewed([]), reviews }, policy, 'Ada');
    expect(hindrances(by('Bob', 'k1'))).toEqual([]);
    expect(letOut({ ...reviewed([]), reviews: by('Bob', 'k1') }, policy).approvals).toEqual([{ author: 'Bob', entry: 3, key: 'k1' }]);
    // Unsigned, with a key that does not count, with the key of whoever made the edit, and in another's name with it.
    for (const reviews of [by('Bob'), by('Bob', 'k3'), by('Ada', 'k2'), by('Bob', 'k2'), by('Ada', 'k1')])
      expect(hindrances(reviews)).toEqual([expect.stringContaining('Keys that count: Bob, Ada.')]);
  });

  it('tells what answered it: each check with its entry, the approvals that count, or that nothing was asked for', () => {
    const policy = settings({ requireChecks: true, requireApproval: 'someone-else' });
    expect(askedWords(askedBy(policy))).toEqual([
      'New answer given of at least 0.9',
      'In other words of at least 0.7',
      'Neighbours kept of at least 0.7',
      'Other facts about the subject kept of at least 0.5',
      'the approval of someone who did not make the edits',
    ]);
    const one = reviewed(GOOD, [], [check('answers', 0.95)]);
    const reviews = (['Ada', 'Bob'] as const).map((author, at) => ({ author, verdict: 'approve' as const, entry: 4 + at }));
    const out = letOut({ ...one, reviews }, policy);
    expect(out).toEqual({
      by: 'policy',
      checks: [
        { name: 'answers', least: 0.9, value: 0.95, entry: 3, of: 2 },
        { name: 'wordings', least: 0.7, value: 0.9, entry: 2, of: 1 },
        { name: 'kept', least: 0.7, value: 0.8, entry: 2, of: 1 },
      ],
      approvals: [{ author: 'Bob', entry: 5 }],
    });
    expect(letOutWords(out)).toContain('approved by Bob (entry 5)');
    expect(askedWords(askedBy(settings({})))).toEqual(['nothing']);
    expect(letOutWords(letOut(one, settings({})))[0]).toMatch(/without a policy/);
  });

  it('never holds the import back', () => {
    const base = { ...reviewed([]), version: { id: 'v0', model: MODEL, parts: 0, top: undefined } };
    expect(exportHindrances(base, settings({ requireChecks: true, requireApproval: 'someone-else' }), 'Ada')).toEqual([]);
  });
});
