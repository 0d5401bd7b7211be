import * as v from 'valibot';
import { AnswerSchema } from './probing.ts';
import { CheckSchema } from './edits.ts';
import { HonestReportSchema } from './honest.ts';
import { FactSchema } from '../fact.ts';
import { FallenSchema } from '../fallen.ts';
import { kindNames, makesVersion } from '../kinds.ts';
import { job, Line, list, method, ModelName, Seq, Text, VersionName } from './define.ts';

export const ReviewSchema = v.object({
  entry: v.number(),
  time: v.string(),
  author: v.string(),
  verdict: v.picklist(['approve', 'reject']),
  comment: v.string(),
});
export type Review = v.InferOutput<typeof ReviewSchema>;

export const FactInForceSchema = v.object({
  entry: v.number(),
  subject: v.string(),
  prompt: v.string(),
  target: v.string(),
  previousTarget: v.optional(v.string()),
});

export const VersionSchema = v.object({
  id: v.string(),
  /** The entry that first made it, and when. */
  entry: v.number(),
  time: v.string(),
  tags: v.array(v.string()),
  reviews: v.array(ReviewSchema),
  /** Entries of the edits in force, the first applied first. */
  parts: v.array(v.number()),
});
export type Version = v.InferOutput<typeof VersionSchema>;

/** A change of the current version, as the timeline shows it. */
export const MomentSchema = v.object({
  entry: v.number(),
  kind: v.picklist(kindNames().filter(makesVersion)),
  time: v.string(),
  author: v.string(),
  reason: v.string(),
  version: v.string(),
  /** Facts that it wrote, in short. */
  facts: v.array(v.object({ subject: v.string(), prompt: v.string(), target: v.string() })),
  checks: v.array(CheckSchema),
  method: v.optional(v.string()),
  /** For a revert: the entry taken out. */
  reverts: v.optional(v.number()),
  /** Whether what it wrote is part of the current version. */
  inForce: v.boolean(),
});
export type Moment = v.InferOutput<typeof MomentSchema>;

export const DiffSchema = v.object({
  a: v.string(),
  b: v.string(),
  /** Facts in force in only one of the two. */
  onlyA: v.array(FactInForceSchema),
  onlyB: v.array(FactInForceSchema),
  both: v.number(),
  /** Tensors that differ: Frobenius norm of the difference and of the weight in `a`; upper bound of the difference's rank. */
  weights: v.array(
    v.object({ tensor: v.string(), norm: v.number(), weightNorm: v.number(), rank: v.number(), a: v.string(), b: v.string() }),
  ),
  answers: v.array(v.object({ prompt: v.string(), a: AnswerSchema, b: AnswerSchema })),
});
export type Diff = v.InferOutput<typeof DiffSchema>;

const Act = v.object({ entry: Seq, version: v.string() });

export const versionMethods = {
  /** Versions and the timeline, newest first. */
  'versions.list': method(
    v.strictObject({ model: ModelName }),
    v.object({ current: v.string(), base: v.string(), versions: v.array(VersionSchema), timeline: v.array(MomentSchema) }),
  ),
  /** Answers are compared on the prompts given, else on those of the facts that differ. */
  'versions.diff': job(v.strictObject({ model: ModelName, a: VersionName, b: VersionName, prompts: v.optional(list(Text)) }), DiffSchema),
  /** Makes an earlier version the current one. */
  'versions.rollback': job(v.strictObject({ model: ModelName, version: VersionName, reason: Line }), Act),
  /** Which edits in force were computed on top of one. */
  'versions.revertPlan': method(
    v.strictObject({ model: ModelName, entry: Seq }),
    v.object({
      entry: Seq,
      facts: v.array(FactInForceSchema),
      later: v.array(v.object({ entry: Seq, reason: v.string(), facts: v.array(FactInForceSchema) })),
      /** Those of them that were solved together with it; the last is solved again without it whatever is chosen. */
      together: v.array(Seq),
    }),
  ),
  /**
   * Takes one edit out of the middle and checks the later ones again; with `reapply` computes those anew on what is left.
   * Of those that were solved together with it the last is always solved again: that solves all of them without it.
   */
  'versions.revert': job(
    v.strictObject({ model: ModelName, entry: Seq, reason: Line, reapply: v.optional(v.boolean(), false) }),
    v.object({
      entry: Seq,
      version: v.string(),
      later: v.array(v.number()),
      checks: v.array(CheckSchema),
      reapplied: v.array(v.number()),
      /** Facts of the later edits that no longer hold. */
      fallen: v.array(FallenSchema),
    }),
  ),
  /** Facts that were found not to hold when an entry was made: a revert, a check, an edit. Empty where nothing was measured. */
  'versions.fallen': method(v.strictObject({ model: ModelName, entry: Seq }), v.object({ fallen: v.array(FallenSchema) })),
  /** Names a version; names are never moved. */
  'versions.tag': method(
    v.strictObject({ model: ModelName, version: v.optional(VersionName, 'current'), name: Line }),
    v.object({ entry: Seq }),
  ),
  /** Checks facts on a version and records the result; without facts those in force are checked. */
  'versions.check': job(
    v.strictObject({
      model: ModelName,
      version: v.optional(VersionName, 'current'),
      facts: v.optional(list(FactSchema)),
      /** Whether the facts are asked as people ask, too (shared/honest). */
      honest: v.exactOptional(v.boolean()),
      reason: v.optional(Line, ''),
    }),
    v.object({
      entry: Seq,
      checks: v.array(CheckSchema),
      /** Neighbours and wordings that were not asked, since edits in force were told of them or of their subjects. */
      leftOut: v.number(),
      honest: v.exactOptional(HonestReportSchema),
    }),
  ),
};
