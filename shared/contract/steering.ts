import * as v from 'valibot';
import { SteeringDataSchema, SteeringExampleList, SteeringQuestionList } from '../steering/data.ts';
import { SteeringChoicesSchema, SteeringMethodSchema } from '../steering/list.ts';
import { PositionsSchema } from '../steering/positions.ts';
import { ReaderSchema } from '../steering/reader.ts';
import { SITE_NAMES } from '../steering/sites.ts';
import { SetNameSchema } from '../steering/sets.ts';
import { Count, Finite, Handle, job, Line, list, method, ModelName, Nothing, Seq, Text, VersionName } from './define.ts';
import { CheckSchema, SettingSchema } from './edits.ts';
import { AnswerSchema, GREEDY, SamplingSchema } from './probing.ts';

const rows = <S extends v.GenericSchema>(item: S) => v.pipe(v.array(item), v.readonly());
const numbers = rows(v.number());
const warnings = rows(v.object({ message: v.string(), hint: v.string() }));

/** A steering method for people, with what it would use on this model. */
const SteeringMethodInfoSchema = v.object({
  name: SteeringMethodSchema,
  title: v.string(),
  summary: v.string(),
  choose: v.string(),
  data: v.picklist(['nothing', 'pair', 'pairs', 'labelled']),
  caution: v.optional(v.string()),
  settings: v.array(SettingSchema),
});
export type SteeringMethodInfo = v.InferOutput<typeof SteeringMethodInfoSchema>;

/** How well one place tells the two kinds of text apart. */
const PlaceSchema = v.object({
  site: v.picklist(SITE_NAMES),
  layer: v.number(),
  head: v.optional(v.number()),
  /** Shares told rightly: of what judged, and of what nothing was chosen by. */
  validation: v.optional(v.number()),
  heldOut: v.optional(v.number()),
  chosen: v.boolean(),
});
export type SteeringPlace = v.InferOutput<typeof PlaceSchema>;

/** What fitting gave. */
export const SteeringOutcomeSchema = v.object({
  method: v.string(),
  settings: rows(v.object({ key: v.string(), name: v.string(), value: v.string(), source: v.string() })),
  model: v.string(),
  groups: v.object({ train: v.number(), validation: v.number(), heldOut: v.number() }),
  places: rows(PlaceSchema),
  readers: rows(ReaderSchema),
  parts: rows(v.string()),
  weights: rows(v.object({ tensor: v.string(), kind: v.string(), sha256Before: v.string(), sha256After: v.string() })),
  warnings,
  seconds: v.number(),
});

const MeanSchema = v.object({ mean: v.number(), error: v.optional(v.number()), count: v.number() });
const optionalMean = v.optional(MeanSchema);
const MeasuresSchema = v.object({
  MC1: optionalMean,
  MC2: optionalMean,
  MC3: optionalMean,
  words: optionalMean,
  fluency: optionalMean,
  crossEntropy: optionalMean,
  kl: optionalMean,
});
export type SteeringMeasures = v.InferOutput<typeof MeasuresSchema>;

/** A steering beside the model without it, random vectors of equal length, shuffled labels, and the plain prompt. */
export const SteeringCheckSchema = v.object({
  questions: v.number(),
  texts: v.number(),
  prompts: v.number(),
  measured: rows(
    v.object({
      what: v.picklist(['base', 'steered', 'random', 'shuffled', 'prompt']),
      draw: v.optional(v.number()),
      measures: MeasuresSchema,
    }),
  ),
  written: rows(v.object({ prompt: v.string(), texts: rows(v.object({ what: v.string(), text: v.string() })) })),
  /** What the figures say, in sentences. */
  says: rows(v.string()),
});
export type SteeringCheck = v.InferOutput<typeof SteeringCheckSchema>;

const PointSchema = v.object({
  layer: v.optional(v.number()),
  scale: v.number(),
  effect: v.number(),
  heldOut: v.optional(v.number()),
  kl: v.optional(v.number()),
});
export const SteeringSweepSchema = v.object({
  base: v.object({ effect: v.number(), heldOut: v.optional(v.number()) }),
  measure: v.picklist(['MC1', 'words']),
  points: rows(PointSchema),
  best: v.optional(PointSchema),
  limit: v.optional(v.number()),
});
export type SteeringSweep = v.InferOutput<typeof SteeringSweepSchema>;

/** A text along fitted directions; above a reader's threshold a token counts as of the first kind. */
const ReadingSchema = v.object({
  tokens: rows(v.object({ id: v.number(), text: v.string() })),
  readers: rows(v.object({ ...ReaderSchema.entries, scores: numbers })),
});
export type SteeringReading = v.InferOutput<typeof ReadingSchema>;

const BakingSchema = v.object({
  changes: rows(v.object({ place: v.string(), way: v.picklist(['weights', 'graph', 'impossible']), said: v.string() })),
});

/** What a draft or an entry says of itself. */
export const SteeringReportSchema = v.object({
  title: v.string(),
  outcome: SteeringOutcomeSchema,
  data: v.object({ source: v.string(), examples: v.number(), questions: v.number() }),
  check: v.optional(SteeringCheckSchema),
});
export type SteeringReport = v.InferOutput<typeof SteeringReportSchema>;

const SteeringDraftSchema = v.object({
  id: v.string(),
  changed: v.string(),
  parent: v.string(),
  /** The current version is no longer the one that it was fitted on. */
  stale: v.boolean(),
  method: v.string(),
  title: v.string(),
  checks: v.array(CheckSchema),
});
export type SteeringDraft = v.InferOutput<typeof SteeringDraftSchema>;

/** What steering is measured on; questions of the data that it was fitted on when none are given. */
const Material = {
  questions: v.optional(SteeringQuestionList),
  answers: v.optional(v.picklist(['whole', 'first token']), 'whole'),
  /** How many ordinary texts, of those that came with the model or of a file. */
  texts: v.optional(v.pipe(Count, v.maxValue(1000)), 20),
  textFile: v.optional(Handle),
  prompts: v.optional(v.pipe(list(Text), v.maxLength(500)), []),
  words: v.optional(v.pipe(list(Line), v.maxLength(100)), []),
  maxTokens: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(500)), 30),
};
const Draft = { model: ModelName, draft: Line };
/** A draft, or the entry of one that was committed. */
const DraftOrEntry = { model: ModelName, draft: v.optional(Line), entry: v.optional(Seq) };
const scale = v.pipe(Finite, v.minValue(-1000), v.maxValue(1000));

export const steeringMethods = {
  /** Every method with what it would use, and the built-in sets that came with the model. */
  'steering.methods': method(
    v.strictObject({ model: ModelName }),
    v.object({
      methods: v.array(SteeringMethodInfoSchema),
      sets: rows(
        v.object({ name: SetNameSchema, label: v.string(), help: v.string(), found: v.string(), suits: rows(SteeringMethodSchema) }),
      ),
    }),
  ),
  /** Reads what a steering is fitted on, from text or a file. */
  'steering.readData': method(
    v.strictObject({ text: v.optional(Text), source: v.optional(Handle) }),
    v.object({ format: v.string(), data: SteeringDataSchema, warnings: rows(v.string()) }),
  ),
  /** A built-in set. */
  'steering.set': method(v.strictObject({ model: ModelName, set: SetNameSchema, seed: v.optional(Count, 1) }), SteeringDataSchema),
  /** Fits a steering on the current version. Ends in a draft; nothing is recorded yet. */
  'steering.fit': job(
    v.strictObject({
      model: ModelName,
      method: SteeringMethodSchema,
      choices: v.optional(SteeringChoicesSchema, {}),
      examples: v.optional(SteeringExampleList, []),
      questions: v.optional(SteeringQuestionList, []),
      /** Where they are from, in words. */
      source: v.optional(Line, 'given'),
      heldOut: v.optional(v.pipe(Finite, v.minValue(0), v.maxValue(0.9)), 0.25),
      tuning: v.optional(list(Text), []),
    }),
    v.object({ draft: v.string() }),
  ),
  /** Takes a steering from a file: one of Emend's, a GGUF control vector, or safetensors with a direction for each block. */
  'steering.import': method(v.strictObject({ model: ModelName, source: Handle }), v.object({ draft: v.string() })),
  /** The same steering stronger, weaker, or at other tokens, as another draft. */
  'steering.adjust': method(
    v.strictObject({ ...Draft, scale: v.optional(scale, 1), positions: v.optional(PositionsSchema) }),
    v.object({ draft: v.string() }),
  ),
  'steering.drafts': method(v.strictObject({ model: ModelName }), v.object({ drafts: v.array(SteeringDraftSchema) })),
  'steering.report': method(v.strictObject(DraftOrEntry), SteeringReportSchema),
  /** Measures a draft beside its controls, and keeps the figures with it. */
  'steering.check': job(
    v.strictObject({
      ...Draft,
      ...Material,
      draws: v.optional(v.pipe(Count, v.maxValue(32)), 3),
      /** Put in front of every prompt, unsteered: the plain way of asking for the same. */
      prefix: v.optional(Text),
    }),
    SteeringCheckSchema,
  ),
  /** Effect against cost over layers and strengths. */
  'steering.sweep': job(
    v.strictObject({
      ...Draft,
      ...Material,
      eachLayer: v.optional(v.boolean(), true),
      scales: v.optional(v.pipe(list(scale), v.minLength(1), v.maxLength(50)), [0.25, 0.5, 1, 2]),
      /** The greatest KL that the best point may cost, in nats. */
      limit: v.optional(v.pipe(Finite, v.minValue(0))),
    }),
    SteeringSweepSchema,
  ),
  /** Asks with a draft in force, at a strength, or with random vectors in its place. */
  'steering.ask': job(
    v.strictObject({
      ...Draft,
      prompt: v.pipe(Text, v.nonEmpty('expected a prompt')),
      top: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(100)), 5),
      maxTokens: v.optional(v.pipe(Count, v.maxValue(2000)), 40),
      sampling: v.optional(SamplingSchema, GREEDY),
      scale: v.optional(scale, 1),
      random: v.optional(Count),
    }),
    v.object({ ...AnswerSchema.entries, touched: rows(v.object({ text: v.string(), isTouched: v.boolean() })) }),
  ),
  /** Reads a text along the directions of a draft or an entry. */
  'steering.read': job(
    v.strictObject({ ...DraftOrEntry, version: v.optional(VersionName), text: v.pipe(Text, v.nonEmpty('expected some text')) }),
    ReadingSchema,
  ),
  /** How a draft, or the steering of a version, would be carried into an exported model. */
  'steering.plan': job(
    v.strictObject({ model: ModelName, draft: v.optional(Line), version: v.optional(VersionName, 'current') }),
    BakingSchema,
  ),
  /** Writes a draft's or an entry's steering to a file. */
  'steering.save': method(
    v.strictObject({ ...DraftOrEntry, destination: Handle, format: v.optional(v.picklist(['safetensors', 'gguf']), 'safetensors') }),
    v.object({ path: v.string() }),
  ),
  'steering.discard': method(v.strictObject(Draft), Nothing),
  /** Records a draft: from then on the current version is steered by it. */
  'steering.commit': job(v.strictObject({ ...Draft, reason: Line, tag: v.optional(Line) }), v.object({ entry: Seq, version: v.string() })),
};
