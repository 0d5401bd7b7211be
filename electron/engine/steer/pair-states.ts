import type { Report } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { rowsOf } from './direction.ts';
import type { Pair } from './pairs.ts';
import type { Sides } from './readers.ts';
import { statesAt } from './states.ts';

/** The two sides of pairs at some values, at the token `before` the last one: one for each name. */
export async function statesOfPairs(
  decoder: Decoder,
  pairs: readonly Pair[],
  names: readonly string[],
  before: number,
  report: Report,
): Promise<Sides[]> {
  const rows = [...pairs.map(({ positive }) => positive), ...pairs.map(({ negative }) => negative)];
  const states = await statesAt(decoder, rows, names, before, report);
  const half = pairs.map((_, i) => i);
  return states.map((all) => ({
    positive: rowsOf(all, half),
    negative: rowsOf(
      all,
      half.map((i) => i + pairs.length),
    ),
  }));
}
