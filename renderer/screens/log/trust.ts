import * as v from 'valibot';
import type { EntryView, Verification } from '../../../shared/contract/audit.ts';
import type { ModelCard } from '../../../shared/contract/library.ts';

/** What is known about the record's soundness. */
export type Trust =
  | { readonly state: 'intact'; readonly entries: number; readonly time: string }
  /** Sound when last verified; entries were added since, by which reading the chain found nothing wrong. */
  | { readonly state: 'behind'; readonly covers: number; readonly since: number; readonly time: string }
  | { readonly state: 'damaged'; readonly entry?: number; readonly message: string; readonly time?: string }
  | { readonly state: 'never'; readonly entries: number };

/** How a verification ended, whether just now or as an entry recorded it. */
export interface Outcome {
  readonly ok: boolean;
  /** The last entry that needs no further verification: the head then, or the entry that recorded the outcome. */
  readonly covers: number;
  readonly time: string;
  readonly first?: { readonly entry?: number | undefined; readonly message: string };
}

export function outcomeOf(found: Verification): Outcome {
  return { ok: found.ok, covers: found.head?.seq ?? 0, time: found.time, ...(found.first ? { first: found.first } : {}) };
}

const VerifyBody = v.object({ ok: v.boolean(), problems: v.array(v.object({ entry: v.optional(v.number()), message: v.string() })) });

/** The outcome that an entry of kind verify recorded. */
export function outcomeOfEntry({ seq, body, time }: Pick<EntryView, 'seq' | 'body' | 'time'>): Outcome {
  const { ok, problems } = v.parse(VerifyBody, body);
  return { ok, covers: seq, time, ...(problems[0] ? { first: problems[0] } : {}) };
}

/** The later of two outcomes. */
export function later(one: Outcome | undefined, other: Outcome | undefined): Outcome | undefined {
  return one && other ? (one.time > other.time ? one : other) : (one ?? other);
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
  return since <= 0 ? { state: 'intact', entries, time: last.time } : { state: 'behind', covers: last.covers, since, time: last.time };
}

/** Entries of a verification with problems first, for the result panel; sound ones are only counted. */
export function resultRows(found: Verification): {
  readonly damaged: Verification['entries'];
  readonly sound: number;
  readonly elsewhere: readonly string[];
} {
  const damaged = found.entries.filter((entry) => entry.problems.length > 0);
  return {
    damaged,
    sound: found.entries.length - damaged.length,
    elsewhere: found.problems.filter((problem) => problem.entry === undefined).map((problem) => problem.message),
  };
}
