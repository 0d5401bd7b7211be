import type { Lens } from '../../../../shared/contract/locating.ts';
import { type HeatFigure } from '../../../components/figure/figure.ts';
import { percent } from '../../../format.ts';
import { locate as t } from '../text.ts';
import { differences, isOneAnswer, type Named, rowsOf, titled } from './common.ts';

/** Probability of a watched word behind each layer. */
export function lensFigures(found: readonly Named<Lens>[], word: number): HeatFigure[] {
  const figures = found.map(({ name, result }): HeatFigure => {
    const rows = rowsOf(result.tokens);
    const cells = result.tokens.map((_, token) => result.places.map((row) => Math.exp(row[token]!.watched[word]!.logProbability)));
    const columns = result.places.map((_, at) => t.placeName(at));
    return {
      title: titled(t.chance(result.watched[word]!.text), found.length > 1 ? name : undefined),
      lines: t.token,
      across: t.layers,
      rows,
      columns,
      cells,
      hue: 'blue',
      full: 1,
      short: (value) => (100 * value).toFixed(1),
      says: (row, column) => t.cell(rows[row]!.label, columns[column]!, percent(cells[row]![column]!)),
    };
  });
  return isOneAnswer(found) ? [...figures, ...differences(figures, t.chance(found[0]!.result.watched[word]!.text), t.points)] : figures;
}

/**
 * The first layer behind which a word is the first answer and stays it, behind a token; −1 when it is so before the first block, undefined
 * when it is not so at the end.
 */
export function takesOver({ places, tokens }: Lens, word: number, token = tokens.length - 1): number | undefined {
  const isFirst = places.map((row) => row[token]!.watched[word]!.rank === 0);
  if (!isFirst.at(-1)) return undefined;
  // places[0] is before the first block: the place behind the last miss has the number of the layer that the miss is before.
  return isFirst.lastIndexOf(false);
}
