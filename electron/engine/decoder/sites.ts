import { EmendError } from '../../../shared/errors.ts';
import type { Anatomy } from '../anatomy/types.ts';

/** A place in the decoder that can be read (tapped) or changed (injected). */
export type Site =
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
  | { readonly kind: 'heads'; readonly layer: number };

/** Name of the value at a site. @throws EmendError 'not-found' when the model has no such layer or part */
export function siteValue(anatomy: Anatomy, site: Site): string {
  if (site.kind === 'embedding') return anatomy.embedding;
  const layer = anatomy.layers[site.layer];
  if (!layer)
    throw new EmendError(
      'not-found',
      `Layer ${site.layer} was asked for; this model has layers 0 to ${anatomy.layers.length - 1}.`,
      'Choose a layer of this model.',
    );
  if (site.kind === 'residual') return layer.residual;
  if (site.kind === 'key') return layer.mlp.key;
  if (site.kind === 'mlp') return layer.mlp.output;
  if (!layer.attention) throw new EmendError('not-found', `Layer ${site.layer} has no attention that Emend could find.`);
  return site.kind === 'attention' ? layer.attention.output : layer.attention.mixed;
}
