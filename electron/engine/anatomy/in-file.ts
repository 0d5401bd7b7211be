import type { Model, Tensor } from '../onnx/graph.ts';
import type { Anatomy, Refusal } from './types.ts';

/**
 * The anatomy, with layers refused whose weight cannot be changed in the file as it lies: what is offered must come out at the export.
 * @param source the model as it was read, before anything was made uniform
 */
export function refuseFixed(anatomy: Anatomy, source: Model): Anatomy {
  const places = placesOf(source);
  const layers = anatomy.layers.map((layer) => {
    const { refusal, down } = layer.mlp;
    return refusal ? layer : { ...layer, mlp: { ...layer.mlp, refusal: refusalOf(down.weight, source, places) } };
  });
  return { ...anatomy, layers };
}

function refusalOf(weight: string, { graph }: Model, places: ReadonlyMap<string, readonly string[]>): Refusal | undefined {
  const tensor = graph.constants.get(weight);
  if (!tensor)
    return {
      reason: `weight "${weight}" is not among the constants of the file; it is made by a node of the graph`,
      hint: 'Export the model with its weights as initializers, as exporters do by default.',
    };
  const others = (places.get(placeOf(tensor) ?? '') ?? []).filter((name) => name !== weight);
  return others.length === 0
    ? undefined
    : {
        reason: `weight "${weight}" shares its bytes with "${others[0]!}", so that editing it would change both`,
        hint: 'Export the model without weight deduplication.',
      };
}

/** Names of constants by where their bytes lie. */
function placesOf({ graph }: Model): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const [name, tensor] of graph.constants) {
    const place = placeOf(tensor);
    if (place !== undefined) places.set(place, [...(places.get(place) ?? []), name]);
  }
  return places;
}

function placeOf({ data }: Tensor): string | undefined {
  return data.kind === 'file' && data.length > 0 ? `${data.file} ${data.offset}` : undefined;
}
