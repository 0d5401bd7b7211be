import * as v from 'valibot';
import { Checks, Evidence, FactBriefSchema, Fields, Seeds, Text, VersionId } from '../bodies.ts';
import type { KindDefinition } from './definition.ts';

/** Measurements of a version, made apart from an edit. */
const schema = v.strictObject({
  version: VersionId,
  /** Which set of checks. */
  suite: Text,
  hyperparameters: Fields,
  seeds: Seeds,
  facts: v.array(FactBriefSchema),
  checks: Checks,
  evidence: Evidence,
  details: Fields,
});

export const checkKind = {
  schema,
  input: schema,
  needsReason: false,
  told: ({ facts, checks, suite }) => ({ facts, checks, words: [suite] }),
} satisfies KindDefinition<v.InferOutput<typeof schema>>;
