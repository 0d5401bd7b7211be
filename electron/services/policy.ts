import type { Settings } from '../../shared/contract/settings.ts';
import { askedBy, type Asked, type Counted, type LetOut, NOTHING_ASKED } from '../../shared/policy.ts';
import type { Kind } from '../../shared/kinds.ts';
import { foldedName } from '../../shared/folded-name.ts';
import { demandedNames, MEASURES, type Demand } from '../../shared/measures.ts';
import { rejectionsOf, standing } from '../../shared/reviews.ts';
import { given } from '../../shared/given.ts';
import type { CheckResult } from '../ledger/bodies.ts';
import { isRemark, type Entry } from '../ledger/entries.ts';
import { sealerOf } from '../ledger/seals.ts';
import { partsOf, type Version } from '../ledger/versions.ts';
import { FACTS_IN_FORCE } from './checks-in-force.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** What the policy looks at: a version, what was measured and who made what, and the reviews of that version. */
export interface Reviewed {
  readonly version: Version;
  readonly entries: readonly {
    readonly seq: number;
    readonly author: string;
    readonly kind: Kind;
    readonly version: string | undefined;
    readonly checks: readonly CheckResult[];
    /** What was measured: all facts in force, or others; undefined for what was measured when the version was made. */
    readonly suite: string | undefined;
    /** The entry whose edit it works out anew. */
    readonly reapplies: number | undefined;
  }[];
  /** Oldest first. */
  readonly reviews: readonly {
    readonly author: string;
    readonly verdict: 'approve' | 'reject';
    readonly entry?: number;
    readonly key?: string;
  }[];
}

/** A record as far as the policy looks at it. */
export type ReviewedRecord = Pick<Ledger, 'entries'> & { readonly history: Pick<Ledger['history'], 'reviews'> };

/** What a record says that its policy asks for. @param before as it was before this entry */
export function askedIn({ entries }: Pick<Ledger, 'entries'>, before = Infinity): Asked {
  return entries.filter((entry) => entry.kind === 'policy').findLast(({ seq }) => seq < before)?.body.asks ?? NOTHING_ASKED;
}

/** A version of a model as the policy looks at it. @param before as it was before this entry */
export function reviewed(ledger: ReviewedRecord, version: Version, before = Infinity): Reviewed {
  const entries = ledger.entries
    .filter(({ seq }) => seq < before)
    .map(({ seq, author, kind, body }) => ({
      seq,
      author,
      kind,
      version: 'version' in body ? body.version : undefined,
      checks: 'checks' in body ? body.checks : [],
      suite: 'suite' in body ? body.suite : undefined,
      reapplies: 'reapplies' in body ? body.reapplies : undefined,
    }));
  const reviews = ledger.history
    .reviews(version.id)
    .filter(({ entry }) => entry < before)
    .map((review, at, all) => ({ ...review, ...given({ key: keyOf(ledger.entries[review.entry - 1], all[at - 1]?.entry ?? 0, ledger) }) }));
  return { version, entries, reviews };
}

/**
 * The key that a review was signed with, where its author had the record before them as it was since the review before: words that were
 * signed earlier do not count again.
 */
function keyOf(entry: Entry | undefined, before: number, { entries }: Pick<Ledger, 'entries'>): string | undefined {
  if (!entry || !isRemark(entry) || !('seal' in entry.body) || !entry.body.seal) return undefined;
  const { seal, version, entry: about } = entry.body;
  const { seq, head } = seal.upTo;
  if (seq < before || seq >= entry.seq || entries[seq - 1]?.hash !== head) return undefined;
  return sealerOf({ kind: entry.kind, author: entry.author, reason: entry.reason, version, entry: about }, seal)?.id;
}

/**
 * What the policy still asks for before a version may be exported; empty when it may. The import itself may always go out.
 * Checks count when they measured this very version on all facts in force, the worst value of each: nobody can choose what is easy, or
 * measure until it fits. A review counts until the same person reviews again. People are told apart by their names as {@link foldedName}
 * has them.
 * @param author who wants to export
 * @param counted 'newest' only for what earlier releases let out
 */
export function exportHindrances(
  { version, entries, reviews }: Reviewed,
  { policy, thresholds }: Pick<Settings, 'policy' | 'thresholds'>,
  author: string,
  counted: Counted = 'worst',
): string[] {
  if (version.parts === 0) return [];
  const hindrances: string[] = [];
  if (policy.requireChecks) {
    const measured = measuredOf({ version, entries }, counted);
    for (const name of demandedNames()) {
      const { value, entry, of = 1 } = measured.get(name) ?? {};
      const { demand }: { readonly demand: Demand } = MEASURES[name];
      if (value === undefined && demand.whereMeasured) continue;
      if (value === undefined)
        hindrances.push(
          `The policy asks for the check “${MEASURES[name].label}” on all facts in force, and this version has none. Check it first.`,
        );
      else if (value < thresholds[name])
        hindrances.push(
          `The policy asks for “${MEASURES[name].label}” of at least ${thresholds[name]}; ` +
            (of > 1
              ? `the worst of ${of} measurements of this version, in entry ${entry}, is ${Number(value.toPrecision(3))}.`
              : `this version has ${Number(value.toPrecision(3))}.`),
        );
    }
  }
  if (policy.requireApproval === 'none') return hindrances;
  const rejected = rejectionsOf(reviews).map((review) => review.author);
  const editors = editorsOf(version, entries);
  const approved = approvalsOf({ version, entries, reviews }, policy).length > 0;
  const own = editors.has(foldedName(author)) ? ' (you did)' : '';
  if (rejected.length > 0) hindrances.push(`This version was rejected by ${rejected.join(', ')}.`);
  else if (!approved)
    hindrances.push(
      {
        anyone: 'The policy asks for an approval of this version, and there is none.',
        'someone-else': `The policy asks for the approval of someone who did not make these edits${own}, and there is none.`,
        'another-key':
          'The policy asks for an approval that someone who did not make these edits signed with a key of their own, and there is none. ' +
          `Keys that count: ${Object.values(policy.people).join(', ') || 'none; add one with emend settings --person'}.`,
      }[policy.requireApproval],
    );
  return hindrances;
}

/**
 * What let a version out that nothing holds back: each check that was asked for with the entry that measured it, and the approvals that
 * count.
 */
export function letOut(one: Reviewed, settings: Pick<Settings, 'policy' | 'thresholds'>, counted: Counted = 'worst'): LetOut {
  const { checks: asked = {}, approval } = askedBy(settings);
  const nothing = { checks: [], approvals: [] };
  if (one.version.parts === 0) return { by: 'import', ...nothing };
  if (approval === 'none' && Object.keys(asked).length === 0) return { by: 'nothing', ...nothing };
  const measured = measuredOf(one, counted);
  return {
    by: 'policy',
    checks: Object.keys(asked).flatMap((name) => {
      const found = measured.get(name);
      return found ? [{ name, least: asked[name]!, ...found }] : [];
    }),
    approvals: approvalsOf(one, settings.policy).flatMap(({ author, entry, key }) =>
      entry === undefined ? [] : [{ author, entry, ...given({ key: approval === 'another-key' ? key : undefined }) }],
    ),
  };
}

interface Measured {
  readonly value: number;
  /** The entry that has it. */
  readonly entry: number;
  /** Of how many it is the worst. */
  readonly of?: number;
}

/** What this very version was measured to do on all facts in force: the worst of each measure, or the newest. */
function measuredOf({ version, entries }: Pick<Reviewed, 'version' | 'entries'>, counted: Counted): Map<string, Measured> {
  const measured = new Map<string, Measured>();
  const all = entries.filter((entry) => entry.version === version.id && isOfAllFacts(entry, version));
  for (const { seq: entry, checks } of all)
    for (const { name, value } of checks) {
      const before = measured.get(name);
      const isWorse = before === undefined || value < before.value;
      if (counted === 'newest') measured.set(name, { value, entry });
      else measured.set(name, { ...(isWorse ? { value, entry } : before), of: (before?.of ?? 0) + 1 });
    }
  return measured;
}

/** Approvals that stand and count. */
function approvalsOf({ version, entries, reviews }: Reviewed, { requireApproval: asked, people }: Settings['policy']): Reviewed['reviews'] {
  if (asked === 'none') return [];
  const editors = editorsOf(version, entries);
  const isOther = (name: string) => !editors.has(foldedName(name));
  const counts = {
    anyone: () => true,
    'someone-else': ({ author }: Reviewed['reviews'][number]) => isOther(author),
    'another-key': ({ author, key }: Reviewed['reviews'][number]) => {
      const owner = key === undefined ? undefined : people[key];
      return owner !== undefined && isOther(owner) && isOther(author);
    },
  }[asked];
  return standing(reviews).filter((review) => review.verdict === 'approve' && counts(review));
}

type Entries = Reviewed['entries'];

/** Whether checks are of all facts in force: by their suite, or as the checks that came with the only edit there is. */
function isOfAllFacts({ kind, suite }: Entries[number], version: Version): boolean {
  return suite === FACTS_IN_FORCE || (kind === 'edit' && version.parts === 1);
}

/** Who made what is in force; of an edit that was worked out anew, who made it first as well. */
function editorsOf(version: Version, entries: Entries): ReadonlySet<string> {
  const bySeq = new Map(entries.map((entry) => [entry.seq, entry]));
  const editors = new Set<string>();
  for (const { entry } of partsOf(version))
    for (let seq: number | undefined = entry; seq !== undefined; seq = bySeq.get(seq)?.reapplies) {
      const one = bySeq.get(seq);
      if (one) editors.add(foldedName(one.author));
    }
  return editors;
}
