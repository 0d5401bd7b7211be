import type { Settings } from '../../shared/contract/settings.ts';
import type { Kind } from '../../shared/kinds.ts';
import { demandedNames, MEASURES } from '../../shared/measures.ts';
import type { CheckResult } from '../ledger/bodies.ts';
import { partsOf, type Version } from '../ledger/versions.ts';
import type { LibraryModel } from './library-model.ts';

/** What the policy looks at: a version, what was measured and who made what, and the reviews of that version. */
export interface Reviewed {
  readonly version: Version;
  readonly entries: readonly {
    readonly seq: number;
    readonly author: string;
    readonly kind: Kind;
    readonly version: string | undefined;
    readonly checks: readonly CheckResult[];
  }[];
  /** Oldest first. */
  readonly reviews: readonly { readonly author: string; readonly verdict: 'approve' | 'reject' }[];
}

/** A version of a model as the policy looks at it. */
export function reviewed(model: LibraryModel, version: Version): Reviewed {
  const entries = model.ledger.entries.map(({ seq, author, kind, body }) => ({
    seq,
    author,
    kind,
    version: 'version' in body ? body.version : undefined,
    checks: 'checks' in body ? body.checks : [],
  }));
  return { version, entries, reviews: model.ledger.history.reviews(version.id) };
}

/**
 * What the policy still asks for before a version may be exported; empty when it may. The import itself may always go out.
 * Checks count when they measured this very version, the newest value of each. A review counts until the same person reviews again.
 * @param author who wants to export
 */
export function exportHindrances({ version, entries, reviews }: Reviewed, { policy, thresholds }: Settings, author: string): string[] {
  if (version.parts === 0) return [];
  const hindrances: string[] = [];
  if (policy.requireChecks) {
    const measured = new Map(
      entries
        .filter((entry) => entry.version === version.id)
        .flatMap((entry) => entry.checks.map((check) => [check.name, check.value] as const)),
    );
    for (const name of demandedNames()) {
      const value = measured.get(name);
      if (value === undefined)
        hindrances.push(`The policy asks for the check “${MEASURES[name].label}”, and this version has none. Check it first.`);
      else if (value < thresholds[name])
        hindrances.push(
          `The policy asks for “${MEASURES[name].label}” of at least ${thresholds[name]}; ` +
            `this version has ${Number(value.toPrecision(3))}.`,
        );
    }
  }
  if (policy.requireApproval === 'none') return hindrances;
  const latest = [...new Map(reviews.map((review) => [review.author, review.verdict]))];
  const rejected = latest.filter(([, verdict]) => verdict === 'reject').map(([name]) => name);
  const inForce = new Set(partsOf(version).map((part) => part.entry));
  const editors = new Set(entries.filter((entry) => inForce.has(entry.seq)).map((entry) => entry.author));
  const approved = latest.some(([name, verdict]) => verdict === 'approve' && (policy.requireApproval === 'anyone' || !editors.has(name)));
  if (rejected.length > 0) hindrances.push(`This version was rejected by ${rejected.join(', ')}.`);
  else if (!approved)
    hindrances.push(
      policy.requireApproval === 'anyone'
        ? 'The policy asks for an approval of this version, and there is none.'
        : `The policy asks for the approval of someone who did not make these edits${editors.has(author) ? ' (you did)' : ''}, and ` +
            `there is none.`,
    );
  return hindrances;
}
