import * as v from 'valibot';
import { TOKEN_GROUPS, TRACE_KINDS } from '../tracing.ts';
import { Count, Handle, job, list, LIST_LIMIT, Named } from './define.ts';
import { Found, Of, prompt, rows, Word } from './inside.ts';
import { TraceSettingsSchema, traceSettings } from './locating.ts';

/** A mean over facts; half of its 95 % interval, which a single fact has not. */
const AverageSchema = v.object({ mean: v.number(), interval: v.optional(v.number()) });
export type Average = v.InferOutput<typeof AverageSchema>;

/** Effects at a group of tokens: of how many facts, and layer by layer. */
const GroupEffectSchema = v.object({ facts: v.number(), layers: rows(AverageSchema) });
const GROUPS = TOKEN_GROUPS.map(({ key }) => key);

/** Causal traces averaged over facts. */
export const FactTracesSchema = v.object({
  ...Found,
  /** Where the facts are from, in words. */
  source: v.string(),
  settings: TraceSettingsSchema,
  deviation: v.object({ subjects: v.number(), value: v.number() }),
  layers: v.number(),
  /** Facts that the averages are of, and how many of them were known from an earlier run. */
  traced: v.number(),
  resumed: v.number(),
  /** Facts left out since the model answers something else, and what. */
  skipped: rows(v.object({ prompt: v.string(), subject: v.string(), target: v.string(), answer: v.string() })),
  /** Probability of the answer, clean and with the subject as noise; missing when no fact was traced. */
  high: v.optional(AverageSchema),
  low: v.optional(AverageSchema),
  /** Indirect effects: score − low, each fact counting once. */
  effects: v.object(v.entriesFromList(TRACE_KINDS, v.optional(v.object(v.entriesFromList(GROUPS, GroupEffectSchema))))),
});
export type FactTraces = v.InferOutput<typeof FactTracesSchema>;

/** A fact that the model is to know: `target` is its answer. */
const KnownFactSchema = v.strictObject({ prompt, subject: Named, target: Word });

export const factTraceMethods = {
  /** Causal traces of many facts, averaged. What was traced is kept, so that a run that was stopped goes on where it was. */
  'locating.traceFacts': job(
    v.strictObject({
      ...Of,
      /** The model's own when there are none. */
      facts: v.optional(list(KnownFactSchema), []),
      /** Of the model's own facts so many, evenly. */
      own: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(LIST_LIMIT)), 400),
      ...traceSettings,
      /** Where the traces are kept as JSON lines; the cache folder when left out. */
      keep: v.optional(Handle),
    }),
    FactTracesSchema,
  ),
};
