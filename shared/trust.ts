import * as v from 'valibot';
import { counted } from './counted.ts';
import { isProven, VerdictSchema, verdictLabel, verdictWords, type Verdict } from './verdict.ts';

/** How a verification ended, whether just now or as an entry recorded it. */
export const OutcomeSchema = v.object({
  ok: v.boolean(),
  verdict: VerdictSchema,
  /** The last entry that needs no further verification: the head then, or the entry that recorded the outcome. */
  covers: v.number(),
  time: v.string(),
  first: v.exactOptional(v.object({ entry: v.exactOptional(v.number()), message: v.string() })),
});
export type Outcome = v.InferOutput<typeof OutcomeSchema>;

/** What is known of how far a record is proven. */
export type Trust =
  | { readonly state: 'verified'; readonly verdict: Verdict; readonly time: string }
  /** Nothing was wrong when it was last verified; entries were added since, by which reading the chain found nothing wrong. */
  | { readonly state: 'behind'; readonly verdict: Verdict; readonly since: number; readonly time: string }
  | { readonly state: 'damaged'; readonly entry?: number; readonly message: string; readonly time?: string }
  | { readonly state: 'never' };

/** The later of two outcomes; of one verification, told and recorded at the same moment, the one that covers its entry too. */
export function later(one: Outcome | undefined, other: Outcome | undefined): Outcome | undefined {
  if (!one || !other) return one ?? other;
  if (one.time === other.time) return one.covers > other.covers ? one : other;
  return one.time > other.time ? one : other;
}

/**
 * How a record stands, by its card and its last verification. Damage, found by a verification or on opening, outweighs everything. The
 * entry that a verification writes of itself is none that waits for one.
 */
export function trustOf(
  { state, says, entries }: { readonly state: string; readonly says?: string | undefined; readonly entries: number },
  last: Outcome | undefined,
): Trust {
  if (last && !last.ok)
    return {
      state: 'damaged',
      ...(last.first?.entry === undefined ? {} : { entry: last.first.entry }),
      message: last.first?.message ?? '',
      time: last.time,
    };
  if (state === 'damaged') return { state: 'damaged', message: says ?? '' };
  if (!last) return { state: 'never' };
  const since = entries - last.covers;
  const { verdict, time } = last;
  return since <= 0 ? { state: 'verified', verdict, time } : { state: 'behind', verdict, since, time };
}

/** The state of verification in words, the same wherever it stands: window, footer, command line. */
export interface TrustWords {
  /** The state itself. */
  readonly label: string;
  /** What the date behind it is the date of; empty where there is none. */
  readonly says: string;
  /** In full. */
  readonly hint: string;
  readonly tone: 'good' | 'bad' | 'plain';
}

export function trustWords(trust: Trust): TrustWords {
  switch (trust.state) {
    case 'verified':
      return {
        label: verdictLabel(trust.verdict),
        says: `${counted(trust.verdict.entries, 'entry', 'entries')} verified`,
        hint: verdictWords(trust.verdict),
        tone: isProven(trust.verdict) ? 'good' : 'plain',
      };
    case 'behind':
      return {
        label: `${counted(trust.since, 'entry', 'entries')} not verified`,
        says: `up to entry ${trust.verdict.entries} verified`,
        hint: `Then: ${verdictWords(trust.verdict)}`,
        tone: 'plain',
      };
    case 'damaged':
      return {
        label: trust.entry === undefined ? 'Damaged' : `Damaged at entry ${trust.entry}`,
        says: trust.time === undefined ? '' : 'found',
        hint: trust.message,
        tone: 'bad',
      };
    case 'never':
      return {
        label: 'Never verified',
        says: '',
        hint: 'Nothing was looked at besides the chain of entries, on opening it.',
        tone: 'plain',
      };
  }
}

/** When, where anything was verified. */
export function verifiedAt(trust: Trust): string | undefined {
  return trust.state === 'never' ? undefined : trust.time;
}
