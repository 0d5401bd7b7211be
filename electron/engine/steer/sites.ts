import type { SteeringSite } from '../../../shared/steering/sites.ts';
import { EmendError } from '../../../shared/errors.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { type Layout, layoutOf } from '../decoder/layout.ts';
import { type Site, siteValue } from '../decoder/sites.ts';

/** The place in the decoder that a site of steering is in one layer. */
const PLACES: { readonly [S in SteeringSite]: (layer: number) => Site } = {
  entering: (layer) => (layer === 0 ? { kind: 'embedding' } : { kind: 'residual', layer: layer - 1 }),
  residual: (layer) => ({ kind: 'residual', layer }),
  middle: (layer) => ({ kind: 'middle', layer }),
  attention: (layer) => ({ kind: 'attention', layer }),
  mlp: (layer) => ({ kind: 'mlp', layer }),
  heads: (layer) => ({ kind: 'heads', layer }),
  key: (layer) => ({ kind: 'key', layer }),
};

/** A value of the graph that can be steered. */
export interface Place {
  readonly name: string;
  readonly width: number;
  /** [batch·length, width] rather than [batch, length, width]. */
  readonly isFlat: boolean;
}

/**
 * The value at a site. @throws EmendError 'not-found' when the model has no such layer or part, 'unsupported' when it is no vector for each
 * token
 */
export function placeOf(decoder: Decoder, site: SteeringSite, layer: number): Place {
  if (layer >= decoder.anatomy.layers.length)
    throw new EmendError(
      'not-found',
      `Layer ${layer} was asked for; this model has layers 0 to ${decoder.anatomy.layers.length - 1}.`,
      'Choose a layer of this model.',
    );
  const name = siteValue(decoder.anatomy, PLACES[site](layer));
  const layout: Layout = layoutOf(decoder, name);
  if (layout.kind === 'heads first' || layout.rest.length !== 1)
    throw new EmendError(
      'unsupported',
      `The site "${site}" of layer ${layer} ("${name}") holds no one vector for each token.`,
      'Steer the output of the block instead.',
    );
  return { name, width: layout.width, isFlat: layout.kind === 'flat' };
}

/** How wide the heads of a layer are. @throws EmendError 'not-found' for a layer without such a head */
export function headOf(decoder: Decoder, layer: number, head: number): { readonly from: number; readonly width: number } {
  const attention = decoder.anatomy.layers[layer]?.attention;
  if (!attention || head >= attention.heads)
    throw new EmendError(
      'not-found',
      `Head ${head} of layer ${layer} was asked for; ${attention ? `it has heads 0 to ${attention.heads - 1}` : 'it has no attention'}.`,
      'Choose a head of this model.',
    );
  return { from: head * attention.headWidth, width: attention.headWidth };
}
