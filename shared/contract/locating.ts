import * as v from 'valibot';
import { SEVERED, TRACE_KINDS } from '../tracing.ts';
import { Count, Finite, Handle, job, Named } from './define.ts';
import { FollowedSchema, Found, grid, numbers, Of, prompt, rows, TextTokenSchema, watched, Word } from './inside.ts';

export type { TextToken } from './inside.ts';

export const TraceKindSchema = v.picklist(TRACE_KINDS);

/** How traces are made; everything that another one needs to come out alike. */
export const TraceSettingsSchema = v.object({
  samples: v.number(),
  seed: v.number(),
  level: v.number(),
  window: v.number(),
  kinds: rows(TraceKindSchema),
});

/** A causal trace. Indirect effect: score − low; total effect: high − low. */
export const TraceSchema = v.object({
  ...Found,
  prompt: v.string(),
  tokens: rows(TextTokenSchema),
  /** The token that was followed. */
  answer: FollowedSchema,
  /** Its probability, and the mean of it once the subject is noise. */
  high: v.number(),
  low: v.number(),
  /** Noise is measured by the embeddings of so many subjects, of each fact anew; their standard deviation. */
  deviation: v.object({ subjects: v.number(), value: v.number() }),
  settings: TraceSettingsSchema,
  /** Probability of the answer with a state put back: [tokens][layers]. */
  scores: v.object({ hidden: v.optional(grid), mlp: v.optional(grid), attention: v.optional(grid) }),
  /**
   * The hidden state at the subject's last token put back, by layer: ordinarily, and with that token's MLPs (attention) of all layers held
   * at what they gave in the corrupted run. Probability of the answer. Only where it was asked for.
   */
  severed: v.optional(v.object({ how: v.picklist(SEVERED), token: v.number(), ordinary: numbers, mlp: numbers, attention: numbers })),
});
export type Trace = v.InferOutput<typeof TraceSchema>;

/** What the model would say behind each block. */
export const LensSchema = v.object({
  ...Found,
  prompt: v.string(),
  tokens: rows(TextTokenSchema),
  watched: rows(FollowedSchema),
  /** [layers + 1][tokens], before the first block first. */
  places: rows(
    rows(
      v.object({
        /** Rank 0 is the likeliest. */
        watched: rows(v.object({ logit: v.number(), logProbability: v.number(), rank: v.number() })),
        top: rows(v.object({ id: v.number(), logit: v.number(), logProbability: v.number() })),
        /** Nats. */
        entropy: v.number(),
        /** KL(final ‖ here), nats. */
        klToFinal: v.number(),
      }),
    ),
  ),
  /** Name of the file of a tuned lens; without it this is the logit lens. */
  tuned: v.optional(v.string()),
  /** Texts of the ids among the top tokens. */
  texts: v.record(v.string(), v.string()),
});
export type Lens = v.InferOutput<typeof LensSchema>;

/** What each part adds to the logits of the watched tokens behind the text. */
export const AttributionSchema = v.object({
  ...Found,
  prompt: v.string(),
  watched: rows(FollowedSchema),
  /** Per watched token. */
  embedding: numbers,
  /** [layers][watched]. */
  attention: grid,
  mlp: grid,
  /** [layers][heads][watched]; empty for the layers of `headless`. */
  heads: rows(grid),
  /** Layers whose heads cannot be told apart, and why. */
  headless: rows(v.object({ layer: v.number(), reason: v.string() })),
  /** How far the sum of an attention's heads and biases is from it, at most. */
  headResidue: v.number(),
  constant: numbers,
  total: numbers,
  /** How far the sum of the parts is from the logits, at most. */
  residue: v.number(),
});
export type Attribution = v.InferOutput<typeof AttributionSchema>;

/** Where the heads of one layer look: [heads][queries][keys], each row of shares adding up to 1. */
export const AttentionSchema = v.object({
  ...Found,
  prompt: v.string(),
  tokens: rows(TextTokenSchema),
  layer: v.number(),
  layers: v.number(),
  heads: rows(grid),
});
export type Attention = v.InferOutput<typeof AttentionSchema>;

/** How a trace is to be made. */
export const traceSettings = {
  samples: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(100)), 10),
  seed: v.optional(v.pipe(Count, v.maxValue(2 ** 32 - 1)), 1),
  /** Noise in standard deviations of the subjects' embeddings. */
  level: v.optional(v.pipe(Finite, v.gtValue(0), v.maxValue(100)), 3),
  /** Layers put back together; 10 of 48, scaled to the model, when left out. */
  window: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(1000))),
  kinds: v.optional(v.pipe(v.array(TraceKindSchema), v.minLength(1, 'expected a kind')), [...TRACE_KINDS]),
};

export const locatingMethods = {
  /** Causal tracing: the subject's embeddings become noise, single states of the clean run are put back. */
  'locating.trace': job(
    v.strictObject({
      ...Of,
      /** With one {} for the subject. */
      prompt,
      subject: Named,
      /** The answer to follow; the model's own when left out. */
      answer: v.optional(Word),
      ...traceSettings,
      /** Severed traces as well, with the same noise in both runs or as coded by the authors. */
      severed: v.optional(v.picklist(SEVERED)),
    }),
    TraceSchema,
  ),
  /** Logit lens, or with a file of translators the tuned one. Without watched words it is the model's own answer that is followed. */
  'locating.lens': job(
    v.strictObject({
      ...Of,
      prompt,
      watched,
      top: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(100)), 5),
      tuned: v.optional(Handle),
    }),
    LensSchema,
  ),
  /** Direct logit attribution. */
  'locating.attribute': job(v.strictObject({ ...Of, prompt, watched }), AttributionSchema),
  /** Attention patterns of one layer. */
  'locating.attention': job(v.strictObject({ ...Of, prompt, layer: Count }), AttentionSchema),
};
