import type { Attribution } from '../../../../shared/contract/locating.ts';
import { type BarFigure, type HeatFigure, largestOf } from '../../../components/figure/figure.ts';
import { locate as t } from '../text.ts';
import { differences, isOneAnswer, type Named, shown, signed, titled } from './common.ts';

/** What each part adds to the logits. */
export function partBars({ name, result }: Named<Attribution>): BarFigure {
  const { watched, embedding, attention, mlp, constant, total } = result;
  return {
    title: t.bars(name),
    series: watched.map(({ text }) => shown(text)),
    isText: true,
    names: [
      { label: t.embedding, hue: 'blue' },
      ...attention.flatMap((_, layer) => [
        { label: t.attentionOf(layer), hue: 'attention' as const },
        { label: t.mlpOf(layer), hue: 'mlp' as const },
      ]),
      { label: t.biases, hue: 'blue' },
      { label: t.together, hue: 'hidden' },
    ],
    values: [embedding, ...attention.flatMap((values, layer) => [values, mlp[layer]!]), constant, total],
    short: signed,
  };
}

/** What each head adds to a watched word: layers × heads. Empty where heads cannot be told apart. */
export function headFigures(found: readonly Named<Attribution>[], word: number): HeatFigure[] {
  const grids = found.map(({ result }) => result.heads.map((layer) => layer.map((values) => values[word]!)));
  if (grids.some((grid) => grid.length === 0 || grid.some((row) => row.length === 0))) return [];
  const full = largestOf(...grids);
  const figures = found.map(({ name, result }, at): HeatFigure => {
    const cells = grids[at]!;
    return {
      title: titled(t.headsTitle(result.watched[word]!.text), found.length > 1 ? name : undefined),
      lines: t.layers,
      across: t.heads,
      rows: cells.map((_, layer) => ({ label: String(layer) })),
      columns: Array.from({ length: Math.max(...cells.map((row) => row.length)) }, (_, head) => String(head)),
      cells,
      hue: 'attention',
      full,
      isSigned: true,
      short: signed,
      says: (row, column) => `${t.layers} ${row}, ${t.headName(column).toLowerCase()}: ${signed(cells[row]![column]!)}`,
    };
  });
  return isOneAnswer(found) ? [...figures, ...differences(figures, t.heads, signed)] : figures;
}
