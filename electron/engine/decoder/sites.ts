import { EmendError } from '../../../shared/errors.ts';
import type { Anatomy, AttentionAnatomy, LayerAnatomy } from '../anatomy/types.ts';

/** A place in the decoder that can be read (tapped) or changed (injected). */
export type Site =
  /** Output of the token embedding, scaled where the model does that; before positions and norms. */
  | { readonly kind: 'tokens' }
  /** The hidden state that enters the first block. */
  | { readonly kind: 'embedding' }
  /** Hidden state after a block. */
  | { readonly kind: 'residual'; readonly layer: number }
  /** Input of the MLP's down-projection. */
  | { readonly kind: 'key'; readonly layer: number }
  /** Output of the MLP, bias included, before any post-norm. */
  | { readonly kind: 'mlp'; readonly layer: number }
  /** Output of the attention's projection. */
  | { readonly kind: 'attention'; readonly layer: number }
  /** Heads side by side, before the projection. */
  | { readonly kind: 'heads'; readonly layer: number }
  /** Queries, keys or values as projected, bias included: before norms of their own and before rotation. */
  | { readonly kind: 'projected'; readonly part: 'query' | 'key' | 'value'; readonly layer: number }
  /** The hidden state between attention and MLP. */
  | { readonly kind: 'middle'; readonly layer: number }
  /** Attention after its softmax, [rows, heads, queries, keys]; can only be read. */
  | { readonly kind: 'pattern'; readonly layer: number }
  /** What the attention, or the MLP, adds to the hidden state: behind a norm where one stands there. */
  | { readonly kind: 'added'; readonly part: 'attention' | 'mlp'; readonly layer: number };

/** Name of the value at a site. @throws EmendError 'not-found' when the model has no such layer or part */
export function siteValue(anatomy: Anatomy, site: Site): string {
  if (site.kind === 'embedding') return anatomy.embedding;
  if (site.kind === 'tokens') return anatomy.tokens;
  const layer = anatomy.layers[site.layer];
  if (!layer)
    throw new EmendError(
      'not-found',
      `Layer ${site.layer} was asked for; this model has layers 0 to ${anatomy.layers.length - 1}.`,
      'Choose a layer of this model.',
    );
  if (site.kind === 'residual') return layer.residual;
  if (site.kind === 'added') return addedBy(layer, site);
  if (site.kind === 'middle') return middleOf(layer, site.layer);
  if (site.kind === 'key') return layer.mlp.key;
  if (site.kind === 'mlp') return layer.mlp.output;
  if (!layer.attention) throw new EmendError('not-found', `Layer ${site.layer} has no attention that Emend could find.`);
  if (site.kind === 'projected') return projectedIn(layer.attention, site);
  if (site.kind === 'pattern') {
    if (layer.attention.pattern !== undefined) return layer.attention.pattern;
    throw new EmendError('unsupported', `The attention of layer ${site.layer} is one operation, whose pattern cannot be read.`);
  }
  return site.kind === 'attention' ? layer.attention.output : layer.attention.mixed;
}

function addedBy(layer: LayerAnatomy, site: Site & { readonly kind: 'added' }): string {
  const found = layer.added?.[site.part];
  if (found !== undefined) return found;
  throw new EmendError(
    'unsupported',
    `Layer ${site.layer} is no sum of its attention, its MLP and the hidden state before it.`,
    'What single parts contribute cannot be told for this model.',
  );
}

function middleOf(layer: LayerAnatomy, at: number): string {
  if (layer.middle !== undefined) return layer.middle;
  if (layer.parallel)
    throw new EmendError(
      'unsupported',
      `Layer ${at} computes attention and MLP from the same hidden state, in parallel: there is no hidden state between them.`,
      'Use what attention and MLP add, or the hidden state behind the layer.',
    );
  throw new EmendError(
    'unsupported',
    `Between attention and MLP of layer ${at} no sum of the hidden state before the layer and the attention was found.`,
    'Use the hidden state behind the layer.',
  );
}

function projectedIn({ projected }: AttentionAnatomy, { part, layer }: Site & { readonly kind: 'projected' }): string {
  const found = projected[part];
  if (found !== undefined) return found;
  throw new EmendError(
    'unsupported',
    `In the attention of layer ${layer} no value of the graph is its ${{ query: 'queries', key: 'keys', value: 'values' }[part]} alone.`,
    'Use another export of this model, or what attention adds.',
  );
}
