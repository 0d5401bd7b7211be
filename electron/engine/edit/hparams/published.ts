import * as v from 'valibot';
import type { MethodDescriptor } from '../../../../shared/methods/method.ts';
import models from './models.json' with { type: 'json' };
import { hyperparametersFrom } from './read.ts';

/** What is known of a model when a published set is sought for it. */
export interface ModelShape {
  readonly hiddenSize: number;
  readonly layers: number;
  /** Width of the MLP's inner layer. */
  readonly innerSize?: number;
  /** Rows of the embedding; exporters may have padded it. */
  readonly vocabularySize?: number;
  /** What the model or its folder is called; decides only where the sizes leave a doubt. */
  readonly name?: string;
}

/** A set of hyperparameters that someone published, with where. */
export interface PublishedSet {
  /** The model that it was published for. */
  readonly model: string;
  /** Repository and file. */
  readonly source: string;
  /** By the keys of the method's settings. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What the set means by leaving fields out. */
  readonly implied: Readonly<Record<string, unknown>>;
}

const ModelsSchema = v.record(
  v.string(),
  v.object({ names: v.array(v.string()), layers: v.number(), hiddenSize: v.number(), innerSize: v.number(), vocabularySize: v.number() }),
);
const MODELS = v.parse(ModelsSchema, models);
const SetsSchema = v.array(
  v.object({ model: v.picklist(Object.keys(MODELS)), source: v.string(), values: v.record(v.string(), v.unknown()) }),
);

/** The sets of a method from its data file, whose values have the published field names. */
export function publishedSets(data: unknown, method: MethodDescriptor): PublishedSet[] {
  return v.parse(SetsSchema, data).map(({ model, source, values: fields }) => {
    const { values, implied } = hyperparametersFrom(fields, method, source);
    return { model, source, values, implied };
  });
}

/**
 * The set published for a model of this shape, if there is one. Depth and width must be the same, and besides them at least one of
 * inner size, vocabulary or name: a Qwen has the depth and width of GPT-2 medium, a Mistral those of Llama 2.
 */
export function publishedFor(sets: readonly PublishedSet[], shape: ModelShape): PublishedSet | undefined {
  return sets.find(({ model }) => fits(MODELS[model]!, shape));
}

type Model = v.InferOutput<typeof ModelsSchema>[string];

/** Exporters round a vocabulary up for speed, and people add a few tokens to it. */
const MOST_PADDING = 128;

function fits(model: Model, shape: ModelShape): boolean {
  if (model.layers !== shape.layers || model.hiddenSize !== shape.hiddenSize) return false;
  const spare = (shape.vocabularySize ?? model.vocabularySize) - model.vocabularySize;
  if ((shape.innerSize ?? model.innerSize) !== model.innerSize || spare < 0 || spare > MOST_PADDING) return false;
  const name = shape.name?.toLowerCase().split('/').at(-1) ?? '';
  return shape.innerSize !== undefined || shape.vocabularySize !== undefined || model.names.some((one) => name.startsWith(one));
}
