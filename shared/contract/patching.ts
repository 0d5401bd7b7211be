import * as v from 'valibot';
import { PATCH_KINDS } from '../tracing.ts';
import { job, list } from './define.ts';
import { FollowedSchema, Found, numbers, Of, prompt, rows, TextTokenSchema, watched, Word } from './inside.ts';

/** What a run says of the answers behind its last token. */
const OutcomeSchema = v.object({ logits: numbers, probabilities: numbers });
export type Outcome = v.InferOutput<typeof OutcomeSchema>;

/** Outcomes with one site at a time put in place: [tokens][layers], of heads [heads][layers]; null where there was nothing to put. */
const GridsSchema = v.object(v.entriesFromList(PATCH_KINDS, v.optional(rows(rows(v.nullable(OutcomeSchema))))));

/** A text and what the model said to it. */
const PatchedTextSchema = v.object({ prompt: v.string(), tokens: rows(TextTokenSchema), outcome: OutcomeSchema });

/** Activation patching: states of the clean run put into the counterfactual one; `restored` of shared/tracing.ts makes a share of it. */
export const PatchSchema = v.object({
  ...Found,
  clean: PatchedTextSchema,
  counterfactual: PatchedTextSchema,
  /** To the clean prompt, and to the counterfactual one; so in all outcomes. */
  answers: rows(FollowedSchema),
  /** Texts of different lengths are aligned at their ends. */
  alignment: v.picklist(['token by token', 'from the end']),
  /** By the tokens of the counterfactual. */
  grids: GridsSchema,
});
export type Patch = v.InferOutput<typeof PatchSchema>;

/** Single outputs replaced by zero, or by their average over texts. */
export const AblationSchema = v.object({
  ...Found,
  ...PatchedTextSchema.entries,
  answers: rows(FollowedSchema),
  how: v.picklist(['zero', 'mean']),
  /** Texts that were averaged over; 0 for zero. */
  texts: v.number(),
  grids: GridsSchema,
});
export type Ablation = v.InferOutput<typeof AblationSchema>;

const kinds = v.optional(v.pipe(v.array(v.picklist(PATCH_KINDS)), v.minLength(1, 'expected a kind')), ['hidden', 'mlp', 'attention']);

export const patchingMethods = {
  /** Activation patching between two prompts. */
  'locating.patch': job(
    v.strictObject({
      ...Of,
      clean: prompt,
      counterfactual: prompt,
      /** To the one and to the other; the model's own when there are none. */
      answers: v.optional(v.union([v.tuple([]), v.tuple([Word, Word])]), []),
      kinds,
    }),
    PatchSchema,
  ),
  /** Ablation of single sites. */
  'locating.ablate': job(
    v.strictObject({
      ...Of,
      prompt,
      /** The model's own answer is followed when there are none. */
      watched,
      kinds,
      how: v.optional(v.picklist(['zero', 'mean']), 'zero'),
      /** Texts to average over; prompts of the model's own facts when there are none. */
      texts: v.optional(v.pipe(list(prompt), v.maxLength(1000, 'expected at most 1000 texts')), []),
    }),
    AblationSchema,
  ),
};
