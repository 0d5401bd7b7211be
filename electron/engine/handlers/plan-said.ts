import type { Decoder } from '../decoder/decoder.ts';
import type { BakePlan } from '../steer/bake.ts';
import type { BakingReport } from '../steer/report.ts';

/** How each steered value goes into an exported model, in words. */
export function planSaid(decoder: Decoder, { changes, decoding }: BakePlan): BakingReport['changes'] {
  return [
    ...changes.map(({ change, way, said }) => ({ place: change.place.name, way, said })),
    ...(decoding ? [{ place: decoder.anatomy.logits, ...decoding }] : []),
  ];
}
