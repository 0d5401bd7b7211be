import * as v from 'valibot';
import { FactSchema } from '../fact.ts';
import { Count, Handle, job, list, method, ModelName, Seq, VersionName } from './define.ts';
import { HonestReportSchema } from './honest.ts';
import { ChoicesSchema, EditMethodSchema } from '../methods/list.ts';
import {
  CheckedFactSchema,
  CheckSchema,
  EditMadeSchema,
  FactReportSchema,
  HyperparameterFileSchema,
  PromptOutcomeSchema,
} from './edits.ts';

function listOf<S extends v.GenericSchema>(item: S) {
  return v.pipe(v.array(item), v.readonly());
}

/** A target behind a prompt: mean negative log-likelihood of its tokens in nats, and how far they are the model's first choice. */
const ScoreSchema = v.object({ nll: v.number(), correct: v.boolean(), tokenAccuracy: v.number(), tokens: v.number() });

const PromptScoresSchema = v.object({
  prompt: v.string(),
  wanted: v.optional(ScoreSchema),
  previous: v.optional(ScoreSchema),
  /** Of a neighbour: whether its likeliest next token is the one that it was. */
  unchanged: v.optional(v.boolean()),
});
export type PromptScores = v.InferOutput<typeof PromptScoresSchema>;

/** The published measures of facts on a version, each fact by itself and averaged. */
export const MeasuredSchema = v.object({
  records: listOf(
    v.object({
      id: v.string(),
      fact: FactSchema,
      rewrite: PromptScoresSchema,
      paraphrases: listOf(PromptScoresSchema),
      neighbors: listOf(PromptScoresSchema),
      answer: v.optional(v.string()),
      generations: listOf(v.string()),
      /** By their published names: shares from 0 to 1. */
      measures: v.record(v.string(), v.optional(v.number())),
    }),
  ),
  /** Averages by the same names, of 100. */
  summary: v.record(v.string(), v.optional(v.object({ mean: v.number(), deviation: v.number(), cases: v.number() }))),
  /** The facts asked as people ask, where that was asked for. */
  honest: v.optional(HonestReportSchema),
  /** Score S: harmonic mean of ES, PS and NS. */
  S: v.optional(v.number()),
  drift: v.optional(
    v.object({
      probes: v.number(),
      texts: v.optional(v.number()),
      meanKl: v.optional(v.number()),
      maxKl: v.optional(v.number()),
      top1Changed: v.optional(v.number()),
      perplexityBefore: v.optional(v.number()),
      perplexityNow: v.optional(v.number()),
    }),
  ),
});
export type Measured = v.InferOutput<typeof MeasuredSchema>;

/** What a prompt asks of a fact. `told`: the edit was told of it, so that it proves nothing of the edit. */
const AskedSchema = v.object({ kind: v.picklist(['edited', 'wording', 'neighbour', 'same subject']), told: v.boolean() });

/** A prompt in Emend and in a GGUF file: whether the new answer is given, or a neighbour's kept, in both, in one of them, in neither. */
export const InBothSchema = v.object({
  ...AskedSchema.entries,
  emend: PromptOutcomeSchema,
  gguf: PromptOutcomeSchema,
  holds: v.picklist(['both', 'emend', 'gguf', 'neither']),
});
export type InBoth = v.InferOutput<typeof InBothSchema>;

/** An edit or a version in llama.cpp, beside the same in Emend. */
export const GgufReportSchema = v.object({
  /** The type that most weights of the file are stored in, such as Q4_0. */
  file: v.object({ name: v.string(), architecture: v.string(), type: v.string() }),
  runtime: v.string(),
  emend: v.object({ checks: v.array(CheckSchema), facts: v.array(FactReportSchema) }),
  gguf: v.object({ checks: v.array(CheckSchema), facts: v.array(FactReportSchema) }),
  /** By fact every prompt of it. */
  prompts: v.array(v.array(InBothSchema)),
});
export type GgufReport = v.InferOutput<typeof GgufReportSchema>;

/** What is measured, and on which facts: those of a file, those given, else those in force, else those that came with the model. */
const Measuring = {
  model: ModelName,
  source: v.optional(Handle),
  facts: v.optional(list(FactSchema)),
  take: v.optional(v.pipe(Count, v.minValue(1))),
  /** Whether the model writes on from the generation prompts: fluency and consistency. */
  generation: v.optional(v.boolean(), true),
  /** Whether the model answers freely too. */
  exactMatch: v.optional(v.boolean(), true),
  /** Whether drift from the model without the edit is measured, and on what: one prompt or text a line. */
  drift: v.optional(v.boolean(), true),
  /** Whether the facts are asked as people ask, too. */
  honest: v.optional(v.boolean(), false),
  probes: v.optional(Handle),
  texts: v.optional(Handle),
};
const Found = { facts: v.object({ source: v.string(), count: v.number() }), warnings: v.array(v.string()), report: MeasuredSchema };

/** What a recorded check found, fact by fact. */
export const CheckedSchema = v.object({
  checks: v.array(CheckSchema),
  facts: v.array(CheckedFactSchema),
  /** How many neighbours and wordings of its facts were not asked, as edits in force were told of them; of facts given nobody knows. */
  leftOut: v.exactOptional(v.number()),
  honest: v.exactOptional(HonestReportSchema),
});
export type Checked = v.InferOutput<typeof CheckedSchema>;

export const checkMethods = {
  /** The report of an entry of kind check, or of what was measured at a revert. */
  'checks.report': method(v.strictObject({ model: ModelName, entry: Seq }), CheckedSchema),
  /** Measures a version by the published protocols. Nothing is recorded; `versions.check` does that. */
  'checks.measure': job(
    v.strictObject({ ...Measuring, version: v.optional(VersionName, 'current') }),
    v.object({ version: v.string(), ...Found }),
  ),
  /** Edits the current version only to measure that: all facts at once, or one after the other, each alone. No draft is kept. */
  'checks.try': job(
    v.strictObject({
      ...Measuring,
      method: EditMethodSchema,
      choices: v.optional(ChoicesSchema, {}),
      hyperparameterFile: v.exactOptional(HyperparameterFileSchema),
      /** A text for the covariance; the model's own when left out. */
      covarianceText: v.optional(Handle),
      each: v.optional(v.boolean(), false),
      /** Where the delta of the one edit is to stay. */
      destination: v.optional(Handle),
    }),
    v.object({ edits: v.array(EditMadeSchema), ...Found }),
  ),
  /**
   * Asks a GGUF file of the model in llama.cpp, with and without the adapter that a version's edits make. Needs the package node-llama-cpp.
   * Nothing is recorded.
   */
  'checks.gguf': job(
    v.strictObject({
      model: ModelName,
      version: v.optional(VersionName, 'current'),
      gguf: Handle,
      source: Measuring.source,
      take: Measuring.take,
    }),
    v.object({ version: v.string(), facts: Found.facts, warnings: Found.warnings, report: GgufReportSchema }),
  ),
};
