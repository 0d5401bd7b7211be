import type { Decoder } from '../decoder/decoder.ts';
import { siteValue, type Site } from '../decoder/sites.ts';
import { graphFrom, Stage } from '../decoder/stage.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';

/**
 * Where the heads of one layer look: heads × queries × keys after the softmax; query heads, also where keys are grouped.
 * @throws EmendError 'unsupported' where attention is one fused operation, 'not-found' for a layer that is not there
 */
export async function attentionPattern(decoder: Decoder, ids: readonly number[], layer: number): Promise<number[][][]> {
  const site: Site = { kind: 'pattern', layer };
  const name = siteValue(decoder.anatomy, site);
  const { graph, live } = graphFrom(decoder, undefined, [name]);
  const stage = Stage.of(decoder, await decoder.session(graph, { prepack: false }), live);
  try {
    const values = floats(await stage.run(rightPad([ids]), {}), name);
    const heads = values.length / ids.length ** 2;
    return Array.from({ length: heads }, (_, head) =>
      ids.map((_, query) => [...values.subarray((head * ids.length + query) * ids.length, (head * ids.length + query + 1) * ids.length)]),
    );
  } finally {
    await stage.release();
  }
}
