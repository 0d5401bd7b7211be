import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { Changed, Checks, Evidence, Sequence, VersionId } from '../bodies.ts';
import { withoutPart } from '../versions.ts';
import type { RemovalDefinition } from './definition.ts';

/** The part of one entry is taken out of the version. */
const schema = v.strictObject({
  parent: VersionId,
  version: VersionId,
  entry: Sequence,
  /** Entries still in force that were computed on top of it. */
  later: v.array(Sequence),
  /** The act goes on with further entries, up to this one: without it nothing of the act counts. */
  until: v.exactOptional(Sequence),
  changed: Changed,
  checks: Checks,
  evidence: Evidence,
});
const input = v.omit(schema, ['version', 'later']);

export const revertKind = {
  schema,
  input,
  needsReason: true,
  told: ({ checks }) => ({ checks }),
  adds: ({ entry }, past) => ({ later: past.later(entry) }),
  result: ({ entry }, past) => withoutPart(past.current, entry).version,
  check({ entry, later }, past, seq) {
    const actual = past.later(entry);
    if (actual.join() !== later.join())
      throw new EmendError(
        'bad-input',
        `Entry ${seq} names as computed on top the entries ${list(later)}; they are ${list(actual)}.`,
        'Leave them out; the ledger works them out.',
      );
  },
  names: ({ entry }) => [entry],
  takesOut: ({ entry }) => entry,
} satisfies RemovalDefinition<v.InferOutput<typeof schema>, v.InferOutput<typeof input>>;

function list(entries: readonly number[]): string {
  return entries.length === 0 ? '(none)' : entries.join(', ');
}
