import type { Settings } from '../settings.ts';
import type { Activation, AttentionPart, LinearPart, ProjectionPart } from '../spec.ts';
import { linear } from '../parts/linear.ts';

/** Names of transformers' activations.py → what they compute. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu tanh',
  gelu_fast: 'gelu tanh',
  gelu_accurate: 'gelu tanh',
  gelu_pytorch_tanh: 'gelu tanh',
  gelu_python_tanh: 'gelu tanh',
  quick_gelu: 'quick gelu',
  silu: 'silu',
  swish: 'silu',
  relu: 'relu',
  relu2: 'relu squared',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
};

/** The activation function that a key names. @throws EmendError 'unsupported' for one that is not known */
export function activationOf(settings: Settings, name: string, otherwise: string): Activation {
  const said = settings.text(name, otherwise);
  const known = Object.hasOwn(ACTIVATIONS, said) ? ACTIVATIONS[said] : undefined;
  if (known === undefined) throw settings.unsupported(name, said);
  return known;
}

/** How many heads there are, and how wide. */
export interface Heads {
  readonly width: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headWidth: number;
}

/** @throws EmendError 'bad-file' when the heads do not share the keys' heads evenly, or do not divide the width where they must */
export function checkedHeads(
  settings: Settings,
  { width, heads, keyHeads, headWidth }: Omit<Heads, 'headWidth'> & { headWidth?: number | null },
): Heads {
  if (heads % keyHeads !== 0) throw settings.bad(`${heads} attention heads cannot share ${keyHeads} heads of keys.`);
  if (headWidth === undefined || headWidth === null) {
    if (width < heads) throw settings.bad(`a hidden size of ${width} is too small for ${heads} attention heads.`);
    return { width, heads, keyHeads, headWidth: Math.trunc(width / heads) };
  }
  return { width, heads, keyHeads, headWidth };
}

/** Queries, keys and values from products of their own under a module. */
export function separate(module: string, { width, heads, keyHeads, headWidth }: Heads, hasBias: boolean): ProjectionPart {
  return {
    kind: 'separate',
    query: linear(`${module}.q_proj`, width, heads * headWidth, hasBias),
    key: linear(`${module}.k_proj`, width, keyHeads * headWidth, hasBias),
    value: linear(`${module}.v_proj`, width, keyHeads * headWidth, hasBias),
  };
}

/** The heads' results back to the model's width. */
export function outputOf(module: string, { width, heads, headWidth }: Heads, hasBias: boolean): LinearPart {
  return linear(module, heads * headWidth, width, hasBias);
}

/** What every attention part says of its heads; scores are scaled by 1/√width unless said otherwise. */
export function headsPart({ heads, keyHeads, headWidth }: Heads): Pick<AttentionPart, 'heads' | 'keyHeads' | 'headWidth' | 'scale'> {
  return { heads, keyHeads, headWidth, scale: headWidth ** -0.5 };
}

/** One entry for each layer. */
export function layers<T>(count: number, make: (layer: number) => T): T[] {
  return Array.from({ length: count }, (_, layer) => make(layer));
}

/** Which layers see a window only. @param usual what the class says where `layer_types` is absent */
export function slidingLayers(settings: Settings, count: number, usual: (layer: number) => boolean): boolean[] {
  const types = settings.texts('layer_types');
  if (types === undefined) return layers(count, usual);
  if (types.length < count) throw settings.bad(`layer_types lists ${types.length} layers; there are ${count}.`);
  return types.slice(0, count).map((type) => {
    if (type !== 'sliding_attention' && type !== 'full_attention') throw settings.unsupported('layer_types', type);
    return type === 'sliding_attention';
  });
}
