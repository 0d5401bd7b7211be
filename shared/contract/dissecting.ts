import * as v from 'valibot';
import { Count, Finite, Handle, job, Line, method, ModelName, VersionName } from './define.ts';

/** Which dissection is meant; those made last are kept until Emend ends. */
const RunId = v.pipe(Line, v.nonEmpty());
const Unit = { run: RunId, layer: v.pipe(Line, v.nonEmpty()), unit: Count };

/** How a dissection is made; the defaults are those of the paper (Bau et al. 2017), the control is Emend's. */
const Making = {
  /** Share of places (tokens, cells of a map) that a unit is on at. */
  share: v.optional(v.pipe(Finite, v.minValue(0.0001), v.maxValue(0.5)), 0.005),
  /** IoU above this makes a unit a detector. */
  limit: v.optional(v.pipe(Finite, v.minValue(0), v.maxValue(1)), 0.04),
  /** How often labels are shuffled for the control. */
  shuffles: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(20)), 3),
  seed: v.optional(Count, 0),
};

export const DissectedSchema = v.object({
  run: v.string(),
  /** What the units are of, and what they were compared on. */
  kind: v.picklist(['language', 'images']),
  model: v.string(),
  /** Id of the version; "base" of a file of its own. */
  version: v.string(),
  /** Where the concepts are from. */
  source: v.string(),
  warnings: v.array(v.string()),
  settings: v.object({ share: v.number(), limit: v.number(), shuffles: v.number(), seed: v.number() }),
  /** Texts with their tokens, or pictures with the cells of their label maps. */
  documents: v.number(),
  places: v.number(),
  /** Texts that there are besides, which were not looked at: the others have as many tokens as were asked for. */
  leftOut: v.number(),
  concepts: v.array(
    v.object({
      category: v.string(),
      name: v.string(),
      /** Places that carry it; documents that carry a label of its category. */
      places: v.number(),
      documents: v.number(),
      /** One place shared with a unit's mask would make the unit its detector: so few places carry it. */
      oneIsEnough: v.boolean(),
      /** Detectors, by layer. */
      detectors: v.array(v.number()),
    }),
  ),
  /** Counts are of units that are decided. */
  layers: v.array(
    v.object({
      layer: v.string(),
      units: v.number(),
      /** Units whose threshold lies between activations that are equal but for rounding. */
      undecided: v.number(),
      detectors: v.number(),
      concepts: v.number(),
      /** Detectors of shuffled labels, one count for each shuffle. */
      shuffled: v.array(v.number()),
    }),
  ),
});
export type Dissected = v.InferOutput<typeof DissectedSchema>;

const UnitRowSchema = v.object({
  layer: v.string(),
  unit: v.number(),
  /** Index into the concepts. */
  concept: v.number(),
  iou: v.number(),
  /** Best IoU with shuffled labels. */
  chance: v.number(),
  active: v.number(),
  undecided: v.boolean(),
  /** Tokens that it is strongest at, or names of pictures; each once. */
  top: v.array(v.string()),
});
export type UnitRow = v.InferOutput<typeof UnitRowSchema>;

export const UnitPageSchema = v.object({
  ...UnitRowSchema.entries,
  threshold: v.number(),
  gap: v.number(),
  plainConcept: v.number(),
  plainIou: v.number(),
  shuffled: v.array(v.number()),
  /** Where it is strongest, the strongest first. */
  places: v.array(
    v.object({
      activation: v.number(),
      /** Of a text: the token, and what stands around it. */
      token: v.optional(v.object({ before: v.string(), text: v.string(), after: v.string() })),
      /** Of a picture: its name, and where the unit is on. */
      picture: v.optional(
        v.object({
          name: v.string(),
          /** A PNG in base64. */
          image: v.string(),
          /** A PNG of the same size in base64: black where the unit is off, clear where it is on. */
          shade: v.string(),
          share: v.number(),
        }),
      ),
    }),
  ),
});
export type UnitPage = v.InferOutput<typeof UnitPageSchema>;

const MeanSchema = v.object({ tokens: v.number(), change: v.number() });
export const AblatedSchema = v.object({
  layer: v.string(),
  unit: v.number(),
  /** Mean change of −log p, nats, of tokens that carry the unit's concept, and of the others. */
  onConcept: MeanSchema,
  elsewhere: MeanSchema,
  /** Tokens whose −log p changed most. */
  places: v.array(v.object({ before: v.string(), text: v.string(), lossBefore: v.number(), lossAfter: v.number() })),
  /** Probability of the answers of facts. */
  answers: v.object({
    count: v.number(),
    before: v.number(),
    after: v.number(),
    most: v.array(v.object({ prompt: v.string(), answer: v.string(), before: v.number(), after: v.number() })),
  }),
});
export type Ablated = v.InferOutput<typeof AblatedSchema>;

export const TABLES = ['units', 'concepts', 'layers'] as const;

export const dissectingMethods = {
  /**
   * Which MLP neurons of a version stand for which concepts. Concepts come from a table of labels (with its texts), else from a file of
   * facts, else from the facts that came with the model.
   */
  'dissecting.model': job(
    v.strictObject({
      model: ModelName,
      version: v.optional(VersionName, 'current'),
      labels: v.optional(Handle),
      texts: v.optional(Handle),
      facts: v.optional(Handle),
      /** About so many tokens of the texts. */
      tokens: v.optional(v.pipe(Count, v.minValue(1), v.maxValue(1_000_000)), 6500),
      layers: v.optional(v.pipe(v.array(Count), v.minLength(1), v.maxLength(1000))),
      ...Making,
    }),
    DissectedSchema,
  ),
  /** The same of an image classifier's convolutions (an .onnx file), on a folder as NetDissect reads it. */
  'dissecting.images': job(
    v.strictObject({
      graph: Handle,
      data: Handle,
      /** Names of layers; the last convolution when left out. */
      layers: v.optional(v.pipe(v.array(v.pipe(Line, v.nonEmpty())), v.minLength(1), v.maxLength(1000))),
      /** Of the input's channels, for values from 0 to 1; those of preprocessor_config.json when left out, else 0 and 1. */
      mean: v.optional(v.array(Finite)),
      deviation: v.optional(v.array(Finite)),
      ...Making,
    }),
    DissectedSchema,
  ),
  /** Layers of an image classifier that can be dissected. */
  'dissecting.convolutions': method(
    v.strictObject({ graph: Handle }),
    v.object({ layers: v.array(v.object({ name: v.string(), units: v.number(), isActivated: v.boolean() })) }),
  ),
  /** Units of a dissection: detectors only, or all; those with the greatest IoU when there are more. */
  'dissecting.units': method(
    v.strictObject({
      run: RunId,
      layer: v.optional(Line),
      concept: v.optional(Count),
      all: v.optional(v.boolean(), false),
      most: v.optional(v.pipe(Count, v.maxValue(20_000)), 20_000),
    }),
    v.object({ total: v.number(), units: v.array(UnitRowSchema) }),
  ),
  'dissecting.unit': method(v.strictObject(Unit), UnitPageSchema),
  /** What a language model loses when a unit is held at 0. */
  'dissecting.ablate': job(v.strictObject(Unit), AblatedSchema),
  /** Writes a dissection's units, concepts or layers as CSV. */
  'dissecting.save': method(
    v.strictObject({ run: RunId, table: v.picklist(TABLES), destination: Handle }),
    v.object({ handle: v.string(), path: v.string(), rows: v.number() }),
  ),
};
