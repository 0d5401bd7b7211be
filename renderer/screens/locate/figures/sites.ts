import type { Ablation, Patch } from '../../../../shared/contract/patching.ts';
import { PATCH_KINDS, type PatchKind, patchKinds, restored } from '../../../../shared/tracing.ts';
import { type HeatFigure, type Hue, largestOf } from '../../../components/figure/figure.ts';
import { locate as t } from '../text.ts';
import { type Grid, layersOf, type Named, points, rowsOf, titled } from './common.ts';

/** Where the three kinds of a trace have a colour, patching has the same. */
const HUE: Readonly<Record<PatchKind, Hue>> = {
  hidden: 'hidden',
  middle: 'hidden',
  mlp: 'mlp',
  attention: 'attention',
  query: 'attention',
  key: 'attention',
  value: 'attention',
  head: 'attention',
};

/** How much of the way to the clean answer each state restores: one line of figures for each kind. */
export function patchFigures(found: readonly Named<Patch>[]): HeatFigure[][] {
  return PATCH_KINDS.filter((kind) => found.every(({ result }) => result.grids[kind])).map((kind) =>
    found.map(({ name, result }) => {
      const { clean, counterfactual } = result;
      const cells = result.grids[kind]!.map((row) =>
        row.map((cell) => (cell && restored(cell, clean.outcome, counterfactual.outcome)) ?? NaN),
      );
      const title = titled(patchKinds[kind].title, found.length > 1 ? name : undefined);
      return siteFigure(kind, title, counterfactual.tokens, cells, 1, t.share);
    }),
  );
}

/** What each answer gains or loses without a site, in points: one line of figures for each answer and kind. */
export function ablationFigures(found: readonly Named<Ablation>[]): HeatFigure[][] {
  const kinds = PATCH_KINDS.filter((kind) => found.every(({ result }) => result.grids[kind]));
  const change = ({ outcome, grids }: Ablation, kind: PatchKind, answer: number): number[][] =>
    grids[kind]!.map((row) => row.map((cell) => (cell ? cell.probabilities[answer]! - outcome.probabilities[answer]! : NaN)));
  return (found[0]?.result.answers ?? []).flatMap(({ text }, answer) => {
    const full = largestOf(...kinds.flatMap((kind) => found.map(({ result }) => change(result, kind, answer))));
    return kinds.map((kind) =>
      found.map(({ name, result }) =>
        siteFigure(
          kind,
          titled(t.ablated(patchKinds[kind].title, text), found.length > 1 ? name : undefined),
          result.tokens,
          change(result, kind, answer),
          full,
          t.points,
        ),
      ),
    );
  });
}

function siteFigure(
  kind: PatchKind,
  title: string,
  tokens: Patch['clean']['tokens'],
  cells: Grid,
  full: number,
  says: (value: number) => string,
): HeatFigure {
  const rows = kind === 'head' ? cells.map((_, head) => ({ label: t.headName(head) })) : rowsOf(tokens);
  return {
    title,
    lines: kind === 'head' ? t.heads : t.token,
    across: t.layers,
    rows,
    columns: layersOf(cells),
    cells,
    hue: HUE[kind],
    full,
    isSigned: true,
    short: points,
    says: (row, column) => {
      const value = cells[row]![column]!;
      return t.cell(rows[row]!.label, String(column), Number.isNaN(value) ? t.nothingThere : says(value));
    },
  };
}
