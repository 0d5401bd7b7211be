import * as v from 'valibot';
import { Sequence, VersionId } from '../bodies.ts';
import { keyOf, SealSchema } from '../seals.ts';
import type { KindDefinition, RemarkBody } from './definition.ts';

/**
 * What every remark holds: which version, which entry where it is about one, and its author's own signature where there is one. The words
 * are the entry's reason.
 */
const schema = v.strictObject({ version: VersionId, entry: v.exactOptional(Sequence), seal: v.exactOptional(SealSchema) });

/** A kind of remark. */
export function remarkKind(needsReason: boolean) {
  return {
    schema,
    input: schema,
    needsReason,
    told: ({ seal }) => {
      const key = seal && keyOf(seal);
      return key === undefined ? {} : { about: [`signed with key ${key.slice(0, 12)}`], words: [key] };
    },
    names: ({ entry }) => (entry === undefined ? [] : [entry]),
  } satisfies KindDefinition<RemarkBody>;
}
