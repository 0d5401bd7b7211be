import type { FactTraces } from '../../../../shared/contract/fact-traces.ts';
import { TOKEN_GROUPS, TRACE_KINDS, traceKinds } from '../../../../shared/tracing.ts';
import { type HeatFigure, largestOf } from '../../../components/figure/figure.ts';
import { locate as t } from '../text.ts';
import { type Named, points, titled } from './common.ts';

/** Indirect effects averaged over facts: groups of tokens × layers, with their intervals; all kinds and versions on one scale. */
export function averageFigures(found: readonly Named<FactTraces>[]): HeatFigure[][] {
  const means = ({ result }: Named<FactTraces>, kind: (typeof TRACE_KINDS)[number]) =>
    TOKEN_GROUPS.map(({ key }) => result.effects[kind]![key].layers.map(({ mean }) => mean));
  const kinds = TRACE_KINDS.filter((kind) => found.every(({ result }) => result.effects[kind] !== undefined));
  const full = largestOf(...kinds.flatMap((kind) => found.map((one) => means(one, kind))));
  return kinds.map((kind) =>
    found.map((one): HeatFigure => {
      const { name, result } = one;
      const groups = result.effects[kind]!;
      return {
        title: titled(traceKinds[kind].title(result.settings.window), found.length > 1 ? name : undefined),
        lines: t.group,
        across: t.layers,
        rows: TOKEN_GROUPS.map(({ key, label }) => ({ label: t.groupName(label, groups[key].facts) })),
        columns: Array.from({ length: result.layers }, (_, layer) => String(layer)),
        // A group that no fact has has no numbers.
        cells: TOKEN_GROUPS.map(({ key }) => Array.from({ length: result.layers }, (_, layer) => groups[key].layers[layer]?.mean ?? NaN)),
        margins: TOKEN_GROUPS.map(({ key }) =>
          Array.from({ length: result.layers }, (_, layer) => groups[key].layers[layer]?.interval ?? NaN),
        ),
        hue: kind,
        full,
        short: points,
        says(row, column) {
          const { key, label } = TOKEN_GROUPS[row]!;
          const effect = groups[key].layers[column];
          return t.cell(label, String(column), effect ? t.average(effect.mean, effect.interval, groups[key].facts) : t.noFacts);
        },
      };
    }),
  );
}
