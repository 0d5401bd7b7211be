import * as v from 'valibot';
import { Count, Finite, job, method, ModelName, Text, VersionName } from './define.ts';

export const SamplingSchema = v.object({
  temperature: v.pipe(Finite, v.minValue(0)),
  topK: Count,
  topP: v.pipe(Finite, v.minValue(0), v.maxValue(1)),
  repetitionPenalty: v.pipe(Finite, v.minValue(0.01)),
  seed: Count,
});
export const GREEDY: v.InferOutput<typeof SamplingSchema> = { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };

export const ChanceSchema = v.object({ token: v.string(), id: v.number(), probability: v.number() });
export type Chance = v.InferOutput<typeof ChanceSchema>;

export const AnswerSchema = v.object({
  prompt: v.string(),
  /** Id of the version that answered. */
  version: v.string(),
  /** The likeliest next tokens after the prompt. */
  next: v.array(ChanceSchema),
  /** The continuation, without the prompt. */
  text: v.string(),
  /** The same, token by token, each with the probability that it had. */
  pieces: v.array(v.object({ text: v.string(), probability: v.number() })),
  /** The edit in force in that version that wrote this answer about a subject of the prompt; absent where none did. */
  writtenBy: v.exactOptional(v.object({ entry: v.number(), subject: v.string(), target: v.string() })),
});
export type Answer = v.InferOutput<typeof AnswerSchema>;

/** What was found in a model's graph, and where it can be edited. */
export const InspectionSchema = v.object({
  folder: v.string(),
  graphFile: v.string(),
  architecture: v.string(),
  producer: v.string(),
  opset: v.number(),
  parameters: v.number(),
  bytes: v.number(),
  hiddenSize: v.number(),
  vocabulary: v.number(),
  cache: v.boolean(),
  precision: v.string(),
  tokenizer: v.object({ kind: v.string(), size: v.number(), bos: v.optional(v.string()), eos: v.optional(v.string()) }),
  layers: v.array(
    v.object({
      layer: v.number(),
      heads: v.optional(v.number()),
      keyWidth: v.number(),
      weight: v.string(),
      layout: v.string(),
      gated: v.boolean(),
      parallel: v.boolean(),
      postNorm: v.boolean(),
      /** Why this layer cannot be edited, and what to do instead; absent when it can. */
      refusal: v.optional(v.object({ reason: v.string(), hint: v.string() })),
    }),
  ),
  warnings: v.array(v.string()),
});
export type Inspection = v.InferOutput<typeof InspectionSchema>;

export const probingMethods = {
  /** Looks into a model's graph anew. */
  'probing.inspect': job(v.strictObject({ model: ModelName }), InspectionSchema),
  /** Lets a version continue a prompt; pieces come as 'text' events of the job. */
  'probing.ask': job(
    v.strictObject({
      model: ModelName,
      version: v.optional(VersionName),
      prompt: v.pipe(Text, v.nonEmpty('expected a prompt')),
      top: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(1000)), 10),
      maxTokens: v.optional(v.pipe(Count, v.maxValue(100_000)), 20),
      sampling: v.optional(SamplingSchema, GREEDY),
      /** The prompt is what a user says in a chat, to be written by the model's own template. */
      chat: v.optional(v.boolean(), false),
    }),
    AnswerSchema,
  ),
  /** How the model's tokenizer cuts a text. */
  'probing.tokens': method(
    v.strictObject({ model: ModelName, text: Text }),
    v.object({ tokens: v.array(v.object({ id: v.number(), text: v.string() })) }),
  ),
};
