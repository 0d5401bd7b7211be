import * as v from 'valibot';
import { REVIEW_STATES } from '../reviews.ts';
import { Count, Handle, job, Line, method, ModelName } from './define.ts';
import { ReviewSchema } from './versions.ts';

/**
 * 'in force': the current version has it. 'replaced': so it does, and a later fact in force answers the same question otherwise. 'taken
 * out': a revert or roll back took it out.
 */
export const FACT_STATES = ['in force', 'replaced', 'taken out'] as const;
export type FactState = (typeof FACT_STATES)[number];
export const CHECK_VERDICTS = ['passed', 'failed', 'none'] as const;

/** A fact that was ever changed, with all that an auditor asks of it. */
export const FactChangeSchema = v.object({
  subject: v.string(),
  prompt: v.string(),
  relation: v.exactOptional(v.string()),
  /** What the model was to answer before; absent where that was not recorded. */
  from: v.exactOptional(v.string()),
  to: v.string(),
  /** The entry that changed it: by whom, when, why, how. */
  entry: v.number(),
  hash: v.string(),
  time: v.string(),
  author: v.string(),
  reason: v.string(),
  method: v.string(),
  version: v.string(),
  /** What the checks of its edit came to; those are of all facts of the edit. */
  checks: v.picklist(CHECK_VERDICTS),
  /** Checks that were made of it apart from its edit. */
  checkedLater: v.array(v.object({ entry: v.number(), verdict: v.picklist(CHECK_VERDICTS) })),
  /** How the version that it was written in was reviewed: the last word of each. */
  review: v.picklist(REVIEW_STATES),
  reviews: v.array(ReviewSchema),
  state: v.picklist(FACT_STATES),
  /** The entry that replaced it or took it out. */
  by: v.exactOptional(v.number()),
});
export type FactChange = v.InferOutput<typeof FactChangeSchema>;

/** Which facts to list; everything given must hold. */
export const FactFilterSchema = v.strictObject({
  /** ISO 8601; `from` is included, `to` is not. */
  from: v.optional(Line),
  to: v.optional(Line),
  author: v.optional(Line),
  state: v.optional(v.picklist(FACT_STATES)),
  review: v.optional(v.picklist(REVIEW_STATES)),
  checks: v.optional(v.picklist(CHECK_VERDICTS)),
  /** Words that must all occur in question, answers, reason or author, in any case. */
  text: v.optional(Line),
});
export type FactFilter = v.InferOutput<typeof FactFilterSchema>;

export const factHistoryMethods = {
  /** Every fact ever changed, the newest first. */
  'facts.list': method(
    v.strictObject({
      model: ModelName,
      filter: v.optional(FactFilterSchema, {}),
      offset: v.optional(Count, 0),
      limit: v.optional(v.pipe(Count, v.maxValue(1000)), 200),
    }),
    v.object({
      total: v.number(),
      /** How many there are without a filter. */
      all: v.number(),
      authors: v.array(v.string()),
      facts: v.array(FactChangeSchema),
    }),
  ),
  /** Writes all that fit. */
  'facts.export': job(
    v.strictObject({
      model: ModelName,
      filter: v.optional(FactFilterSchema, {}),
      format: v.picklist(['csv', 'json', 'html', 'pdf']),
      destination: Handle,
    }),
    v.object({ path: v.string(), handle: v.string(), rows: v.number(), bytes: v.number() }),
  ),
};
