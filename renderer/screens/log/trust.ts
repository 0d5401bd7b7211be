import * as v from 'valibot';
import type { EntryView, Verification } from '../../../shared/contract/audit.ts';
import type { ModelCard } from '../../../shared/contract/library.ts';
import { type Proof, ProofSchema, type Verdict } from '../../../shared/verdict.ts';

/** What is known of how far the record is proven. */
export type Trust =
  | { readonly state: 'verified'; readonly verdict: Verdict; readonly entries: number; readonly time: string }
  /** Nothing was wrong when it was last verified; entries were added since, by which reading the chain found nothing wrong. */
  | { readonly state: 'behind'; readonly covers: number; readonly since: number; readonly time: string }
  | { readonly state: 'damaged'; readonly entry?: number; readonly message: string; readonly time?: string }
  | { readonly state: 'never'; readonly entries: number };

/** How a verification ended, whether just now or as an entry recorded it. */
export interface Outcome {
  readonly ok: boolean;
  readonly verdict: Verdict;
  /** The last entry that needs no further verification: the head then, or the entry that recorded the outcome. */
  readonly covers: number;
  readonly time: string;
  readonly first?: { readonly entry?: number | undefined; readonly message: string };
}

export function outcomeOf({ ok, verdict, head, time, first }: Verification): Outcome {
  return { ok, verdict, covers: head?.seq ?? 0, time, ...(first ? { first } : {}) };
}

const VerifyBody = v.object({
  ok: v.boolean(),
  upTo: v.number(),
  problems: v.array(v.object({ entry: v.optional(v.number()), message: v.string() })),
  details: v.object({ proven: v.optional(ProofSchema), unchecked: v.optional(v.array(v.string()), []) }),
});
/** Earlier releases recorded nothing of what proved it. */
const UNTOLD: Proof = { upTo: 0, end: false };

/** The outcome that an entry of kind verify recorded. */
export function outcomeOfEntry({ seq, body, time }: Pick<EntryView, 'seq' | 'body' | 'time'>): Outcome {
  const { ok, upTo, problems, details } = v.parse(VerifyBody, body);
  const verdict = { ...(details.proven ?? UNTOLD), entries: upTo, problems: problems.length, unchecked: details.unchecked };
  return { ok, verdict, covers: seq, time, ...(problems[0] ? { first: problems[0] } : {}) };
}

/** The later of two outcomes; of one verification, told and recorded at the same moment, the one that covers its entry too. */
export function later(one: Outcome | undefined, other: Outcome | undefined): Outcome | undefined {
  if (!one || !other) return one ?? other;
  if (one.time === other.time) return one.covers > other.covers ? one : other;
  return one.time > other.time ? one : other;
}

/** What the badge says. Damage, found by a verification or on opening, outweighs everything. */
export function trustOf({ state, says, entries }: Pick<ModelCard, 'state' | 'says' | 'entries'>, last: Outcome | undefined): Trust {
  if (last && !last.ok)
    return {
      state: 'damaged',
      ...(last.first?.entry === undefined ? {} : { entry: last.first.entry }),
      message: last.first?.message ?? '',
      time: last.time,
    };
  if (state === 'damaged') return { state: 'damaged', message: says ?? '' };
  if (!last) return { state: 'never', entries };
  const since = entries - last.covers;
  return since <= 0
    ? { state: 'verified', verdict: last.verdict, entries, time: last.time }
    : { state: 'behind', covers: last.covers, since, time: last.time };
}

/** Entries of a verification with problems first, for the result panel; whole ones are only counted. */
export function resultRows(found: Verification): {
  readonly damaged: Verification['entries'];
  readonly whole: number;
  readonly elsewhere: readonly string[];
} {
  const damaged = found.entries.filter((entry) => entry.problems.length > 0);
  return {
    damaged,
    whole: found.entries.length - damaged.length,
    elsewhere: found.problems.filter((problem) => problem.entry === undefined).map((problem) => problem.message),
  };
}
