import type { Settings } from '../../shared/contract/settings.ts';
import type { Entry } from '../ledger/entries.ts';
import type { Version } from '../ledger/versions.ts';
import { partsOf } from '../ledger/versions.ts';
import type { LibraryModel } from './library-model.ts';

/**
 * What the policy still asks for before a version may be exported; empty when it may. The import itself may always go out.
 * Checks count when they measured this very version: those of the edit that made it, or of a later check; the newest value of each is taken.
 */
export function exportHindrances(model: LibraryModel, version: Version, { policy, thresholds }: Settings, author: string): string[] {
  if (version.parts === 0) return [];
  const { entries, history } = model.ledger;
  const hindrances: string[] = [];
  if (policy.requireChecks) {
    const measured = newestChecks(entries, version.id);
    for (const name of Object.keys(thresholds) as (keyof typeof thresholds)[]) {
      const value = measured.get(name);
      if (value === undefined) hindrances.push(`The policy asks for a check of ${name}, and this version has none. Check it first.`);
      else if (value < thresholds[name]) hindrances.push(`The policy asks for ${name} of at least ${thresholds[name]}; this version has ${Number(value.toPrecision(3))}.`);
    }
  }
  const reviews = history.reviews(version.id);
  const latest = new Map(reviews.map((review) => [review.author, review.verdict]));
  const rejected = [...latest].filter(([, verdict]) => verdict === 'reject').map(([name]) => name);
  if (policy.requireApproval !== 'none') {
    const editors = new Set(partsOf(version).map((part) => entries[part.entry - 1]?.author));
    const approved = [...latest].filter(([name, verdict]) => verdict === 'approve' && (policy.requireApproval === 'anyone' || !editors.has(name)));
    if (rejected.length > 0) hindrances.push(`This version was rejected by ${rejected.join(', ')}.`);
    else if (approved.length === 0) hindrances.push(policy.requireApproval === 'anyone' ? 'The policy asks for an approval of this version, and there is none.' : `The policy asks for the approval of someone who did not make these edits${editors.has(author) ? ' (you did)' : ''}, and there is none.`);
  }
  return hindrances;
}

function newestChecks(entries: readonly Entry[], version: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const { kind, body } of entries) {
    if ((kind !== 'edit' && kind !== 'check' && kind !== 'revert') || body.version !== version) continue;
    for (const check of body.checks) found.set(check.name, check.value);
  }
  return found;
}
