import * as v from 'valibot';
import data from './published.json' with { type: 'json' };
import { hyperparametersFrom } from './read.ts';
import type { EditMethod, Hyperparameters } from './types.ts';

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
export interface PublishedSet<M extends EditMethod> {
  readonly method: M;
  /** The model that it was published for. */
  readonly model: string;
  /** Repository and file. */
  readonly source: string;
  readonly value: Hyperparameters[M];
}

const DataSchema = v.object({
  models: v.record(
    v.string(),
    v.object({ names: v.array(v.string()), layers: v.number(), hiddenSize: v.number(), innerSize: v.number(), vocabularySize: v.number() }),
  ),
  modules: v.record(v.string(), v.record(v.string(), v.string())),
  sets: v.array(
    v.object({
      method: v.picklist(['ROME', 'MEMIT']),
      model: v.string(),
      modules: v.string(),
      source: v.string(),
      values: v.looseObject({}),
    }),
  ),
});
const published = v.parse(DataSchema, data);

/** All published sets of a method. */
export function publishedSets<M extends EditMethod>(method: M): PublishedSet<M>[] {
  return published.sets
    .filter((set) => set.method === method)
    .map(({ model, source, values, modules }) => ({
      method,
      model,
      source,
      value: hyperparametersFrom({ ...values, ...published.modules[modules] }, method, source),
    }));
}

/**
 * The set published for a model of this shape, if there is one. Depth and width must be the same, and besides them at least one of
 * inner size, vocabulary or name: a Qwen has the depth and width of GPT-2 medium, a Mistral those of Llama 2.
 */
export function publishedFor<M extends EditMethod>(method: M, shape: ModelShape): PublishedSet<M> | undefined {
  return publishedSets(method).find(({ model }) => fits(published.models[model]!, shape));
}

type Model = v.InferOutput<typeof DataSchema>['models'][string];

/** Exporters round a vocabulary up for speed, and people add a few tokens to it. */
const MOST_PADDING = 128;

function fits(model: Model, shape: ModelShape): boolean {
  if (model.layers !== shape.layers || model.hiddenSize !== shape.hiddenSize) return false;
  const spare = (shape.vocabularySize ?? model.vocabularySize) - model.vocabularySize;
  if ((shape.innerSize ?? model.innerSize) !== model.innerSize || spare < 0 || spare > MOST_PADDING) return false;
  const name = shape.name?.toLowerCase().split('/').at(-1) ?? '';
  return shape.innerSize !== undefined || shape.vocabularySize !== undefined || model.names.some((one) => name.startsWith(one));
}
