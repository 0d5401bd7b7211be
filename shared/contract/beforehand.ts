import * as v from 'valibot';
import { FactSchema } from '../fact.ts';
import { NEAR_SOURCES } from '../near.ts';
import { Count, Handle, job, Seq } from './define.ts';
import { RecipeSchema } from './edits.ts';
import { FollowedSchema, Found, Of, rows } from './inside.ts';
import { TraceSettingsSchema, traceSettings } from './locating.ts';

/** How near a prompt comes to the edited key in a layer. */
const NearPlaceSchema = v.object({
  layer: v.number(),
  /** The token of the prompt that comes nearest there. */
  token: v.string(),
  /** kᵀC⁻¹k* / k*ᵀC⁻¹k*: what the edit adds at that token, as a share of what it adds at its own; below 0 the opposite. */
  share: v.number(),
  /** kᵀC⁻¹k* / √(kᵀC⁻¹k · k*ᵀC⁻¹k*). */
  cosine: v.number(),
});

/** A prompt that may move with an edit. */
const NearSchema = v.object({
  prompt: v.string(),
  from: v.picklist(NEAR_SOURCES),
  /** The entry whose edit wrote it, where one did. */
  entry: v.exactOptional(Seq),
  /** Its answer, which should stay, where it is known. */
  answer: v.optional(v.string()),
  /** The layer where it is nearest. */
  nearest: NearPlaceSchema,
  /** By the layers that would be edited. */
  places: rows(NearPlaceSchema),
});
export type Near = v.InferOutput<typeof NearSchema>;

/** What may move with an edit that is not made yet. */
export const NearKeysSchema = v.object({
  ...Found,
  /** The layers that the edit would write into; where `isOpen`, those that it would choose from. */
  layers: rows(v.number()),
  isOpen: v.boolean(),
  /** What the covariance C is of, in words; "not used" where the method takes C = I. */
  covariance: v.string(),
  facts: rows(
    v.object({
      subject: v.string(),
      prompt: v.string(),
      target: v.string(),
      /** How many prompts were looked at. */
      looked: v.number(),
      /** The nearest first. */
      near: rows(NearSchema),
    }),
  ),
});
export type NearKeys = v.InferOutput<typeof NearKeysSchema>;

const { method, choices, hyperparameterFile } = RecipeSchema.entries;
/** The edit that is thought of. */
const Thought = {
  ...Of,
  method,
  choices,
  hyperparameterFile,
  /** A text for the covariance; the model's own when left out. */
  covarianceText: v.optional(Handle),
};

/** Layers where a fact may be edited: what its trace says of each, and what a short trial edit does. */
export const LayersSchema = v.object({
  ...Found,
  /** The answer that was traced, its probability, and the mean of it once the subject is noise. */
  answer: FollowedSchema,
  high: v.number(),
  low: v.number(),
  /** Of the trace, as it was made in the end: with less noise than asked for where that much drowns everything. */
  settings: TraceSettingsSchema,
  /** Whether the trace tells layers apart; where it does not, nothing agrees with it. */
  tells: v.boolean(),
  /** Steps of the search in each trial. */
  steps: v.number(),
  layers: rows(
    v.object({
      /** Indirect effect of the MLPs around this layer, restored at the subject's last token. */
      effect: v.number(),
      /**
       * An edit in this layer alone: mean probability of the target behind contexts that it did not see, KL of the next token on prompts
       * that should stay (nats), and both in one figure, 1 of which is perfect. Missing where the layer cannot be edited, for the reason
       * given.
       */
      trial: v.optional(v.object({ efficacy: v.number(), drift: v.number(), score: v.number() })),
      refusal: v.optional(v.string()),
    }),
  ),
  /** Layers that both put near their best. Tracing alone does not predict the best layer to edit (arXiv 2301.04213). */
  agreeing: rows(v.number()),
  /** Those of them to choose for the method: all, or of a method that edits one layer the one whose trial did best. */
  suggested: rows(v.number()),
});
export type Layers = v.InferOutput<typeof LayersSchema>;

export const beforehandMethods = {
  /** Where a fact may be edited: the layers where its trace and a short trial edit agree. */
  'locating.layers': job(
    v.strictObject({
      ...Thought,
      fact: FactSchema,
      samples: traceSettings.samples,
      seed: traceSettings.seed,
      level: traceSettings.level,
      window: traceSettings.window,
      steps: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(100)), 8),
    }),
    LayersSchema,
  ),
  /** Before an edit: which prompts' keys lie near the keys it would write, so that they may move with it. */
  'locating.near': job(
    v.strictObject({
      ...Thought,
      facts: v.pipe(v.array(FactSchema), v.minLength(1, 'expected at least one fact'), v.maxLength(100, 'expected at most 100 facts')),
      /** Of each fact so many, the nearest. */
      most: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(1000)), 20),
    }),
    NearKeysSchema,
  ),
};
