import type { Trace } from '../../../../shared/contract/locating.ts';
import { TRACE_KINDS, type TraceKind, traceKinds } from '../../../../shared/tracing.ts';
import { type BarFigure, type HeatFigure, largestOf } from '../../../components/figure/figure.ts';
import { locate as t } from '../text.ts';
import { differences, isOneAnswer, layersOf, mapped, type Named, points, rowsOf, titled } from './common.ts';

/** Indirect effects: one line of figures for each kind (a version each, and their difference), all on one scale. */
export function traceFigures(found: readonly Named<Trace>[]): HeatFigure[][] {
  const effects = (kind: TraceKind) => found.map(({ result }) => mapped(result.scores[kind] ?? [], (score) => score - result.low));
  const kinds = TRACE_KINDS.filter((kind) => found.every(({ result }) => result.scores[kind] !== undefined));
  const full = largestOf(...kinds.flatMap(effects));
  return kinds.map((kind) => {
    const grids = effects(kind);
    const figures = found.map(({ name, result }, at): HeatFigure => {
      const rows = rowsOf(result.tokens);
      return {
        title: titled(traceKinds[kind].title(result.settings.window), found.length > 1 ? name : undefined),
        lines: t.token,
        across: t.layers,
        rows,
        columns: layersOf(result.scores[kind]!),
        cells: grids[at]!,
        hue: kind,
        full,
        short: points,
        says: (row, column) =>
          t.cell(rows[row]!.label, String(column), t.scored(t.points(grids[at]![row]![column]!), result.scores[kind]![row]![column]!)),
      };
    });
    return isOneAnswer(found) ? [...figures, ...differences(figures, traceKinds[kind].label, t.points)] : figures;
  });
}

/** The hidden state at the subject's last token put back, ordinarily and severed from what lies above, by layer. */
export function severedBars({ name, result }: Named<Trace>, isAlone: boolean): BarFigure | undefined {
  const { severed, low } = result;
  if (!severed) return undefined;
  return {
    title: titled(t.severedTitle(severed.how), isAlone ? undefined : name),
    series: t.severedSeries,
    names: severed.ordinary.map((_, layer) => ({ label: t.layerName(layer), hue: 'hidden' as const })),
    values: severed.ordinary.map((score, layer) => [score, severed.mlp[layer]!, severed.attention[layer]!].map((one) => one - low)),
    short: points,
  };
}
