import * as v from 'valibot';
import { BlobRefSchema, Changed, Checks, Evidence, FactBriefSchema, Fields, Seeds, Sequence, Text, VersionId } from '../bodies.ts';
import type { PartDefinition } from './definition.ts';

/** Facts written into weights. */
const schema = v.strictObject({
  /** The version that it was computed on and that it changes. */
  parent: VersionId,
  version: VersionId,
  method: Text,
  hyperparameters: Fields,
  seeds: Seeds,
  facts: v.array(FactBriefSchema),
  factSet: BlobRefSchema,
  delta: BlobRefSchema,
  changed: v.pipe(Changed, v.minLength(1)),
  checks: Checks,
  /** Further blobs by role: report, prefixes, covariance, … */
  evidence: Evidence,
  details: Fields,
  /** The earlier edit that this one computes anew. */
  reapplies: v.exactOptional(Sequence),
  /** The act goes on with further entries, up to this one: without it nothing of the act counts. */
  until: v.exactOptional(Sequence),
});
const input = v.omit(schema, ['version']);

export const editKind = {
  schema,
  input,
  needsReason: true,
  told: ({ facts, checks, method }) => ({ facts, checks, method }),
  names: ({ reapplies }) => (reapplies === undefined ? [] : [reapplies]),
  part: ({ delta }) => ({ hash: delta.blob, delta }),
} satisfies PartDefinition<v.InferOutput<typeof schema>, v.InferOutput<typeof input>>;
