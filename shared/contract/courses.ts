import * as v from 'valibot';
import { kindNames } from '../kinds.ts';
import { method, ModelName, Text } from './define.ts';
import { CheckSchema } from './edits.ts';

/** The checks of one entry, and what they are of. */
export const MeasuredOnceSchema = v.object({
  entry: v.number(),
  kind: v.picklist(kindNames()),
  /** What was measured, and what drift is told against. */
  version: v.string(),
  against: v.string(),
  /** The facts that it was measured with; of a check, what they were called. */
  facts: v.number(),
  suite: v.exactOptional(v.string()),
  checks: v.array(CheckSchema),
});
export type MeasuredOnce = v.InferOutput<typeof MeasuredOnceSchema>;

/** How likely an answer to a question was found in one version. */
export const ChanceOnceSchema = v.object({
  /** The entry that measured it; an edit measures the version that it was made for too. */
  entry: v.number(),
  version: v.string(),
  answer: v.string(),
  probability: v.number(),
});
export type ChanceOnce = v.InferOutput<typeof ChanceOnceSchema>;

export const courseMethods = {
  /** Every check of a record, the oldest first. Nothing is measured anew. */
  'courses.measures': method(v.strictObject({ model: ModelName }), v.object({ measured: v.array(MeasuredOnceSchema) })),
  /**
   * How likely the answers to a fact's question were, wherever an entry measured that fact: its new and its old answer, the oldest first.
   * Versions that no entry measured it in have none.
   */
  'courses.fact': method(
    v.strictObject({ model: ModelName, subject: Text, prompt: Text }),
    v.object({ question: v.string(), chances: v.array(ChanceOnceSchema) }),
  ),
};
