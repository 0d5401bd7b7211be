import type { Attention, Attribution, Lens, TextToken, Trace } from '../../../shared/contract/locating.ts';
import { TRACE_KINDS, type TraceKind, traceKinds } from '../../../shared/tracing.ts';
import { LOOKS } from '../../../shared/looks.ts';
import { percent } from '../../format.ts';
import { type BarFigure, type HeatFigure, largestOf } from '../../components/figure/figure.ts';
import { locate as t } from './text.ts';

/** What was found in one version, and what that is called. */
export interface Named<R> {
  readonly name: string;
  readonly result: R;
}

type Grid = readonly (readonly number[])[];
const map = (grid: Grid, of: (value: number) => number): number[][] => grid.map((row) => row.map(of));
const minus = (a: Grid, b: Grid): number[][] => a.map((row, r) => row.map((value, c) => value - b[r]![c]!));
/** A token as it is shown: a space that one would not see, and line ends, are written out. */
export const shown = (text: string) => (text.trim() === '' ? JSON.stringify(text) : text.replaceAll('\n', '↵'));
const rowsOf = (tokens: readonly TextToken[]) => tokens.map(({ text, isSubject }) => ({ label: shown(text), isMarked: isSubject }));

/** Whether all followed the same answers: what two versions do with different ones has no difference. */
export function isOneAnswer(found: readonly Named<Trace | Lens | Attribution | Attention>[]): boolean {
  const followed = ({ result }: (typeof found)[number]) =>
    'answer' in result ? [result.answer] : 'watched' in result ? result.watched : [];
  return (
    new Set(
      found.map((one) =>
        followed(one)
          .map(({ id }) => id)
          .join(),
      ),
    ).size <= 1
  );
}

/** Indirect effects: one line of figures for each kind (a version each, and their difference), all on one scale. */
export function traceFigures(found: readonly Named<Trace>[]): HeatFigure[][] {
  const effects = (kind: TraceKind) => found.map(({ result }) => map(result.scores[kind] ?? [], (score) => score - result.low));
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
        columns: result.scores[kind]![0]!.map((_, layer) => String(layer)),
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

/** Probability of a watched word behind each layer. */
export function lensFigures(found: readonly Named<Lens>[], word: number): HeatFigure[] {
  const figures = found.map(({ name, result }): HeatFigure => {
    const rows = rowsOf(result.tokens);
    const cells = result.tokens.map((_, token) => result.places.map((row) => Math.exp(row[token]!.watched[word]!.logProbability)));
    const columns = result.places.map((_, at) => (at === 0 ? t.before : String(at - 1)));
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

/** What each part adds to the logits. */
export function partBars({ name, result }: Named<Attribution>): BarFigure {
  const { watched, embedding, attention, mlp, constant, total } = result;
  return {
    title: t.bars(name),
    series: watched.map(({ text }) => shown(text)),
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

/** One head's pattern, or the mean of all. @param head −1 for the mean */
export function attentionFigures(found: readonly Named<Attention>[], head: number): HeatFigure[] {
  const figures = found.map(({ name, result }): HeatFigure => {
    const { heads, tokens, layer } = result;
    const rows = tokens.map(({ text }) => ({ label: shown(text) }));
    const cells =
      heads[head]?.map((row) => [...row]) ??
      tokens.map((_, q) => tokens.map((__, k) => heads.reduce((sum, one) => sum + one[q]![k]!, 0) / heads.length));
    return {
      title: titled(
        t.attentionTitle(layer, (heads[head] ? t.headName(head) : t.meanOfHeads).toLowerCase()),
        found.length > 1 ? name : undefined,
      ),
      lines: t.token,
      across: t.keys,
      rows,
      columns: rows.map(({ label }) => label),
      cells,
      hue: 'attention',
      full: 1,
      short: (value) => (100 * value).toFixed(0),
      says: (row, column) => `${rows[row]!.label} → ${rows[column]!.label}: ${percent(cells[row]![column]!)}`,
    };
  });
  return [...figures, ...differences(figures, LOOKS.attention.label, t.points)];
}

/** Second minus first, where there are two of the same shape. */
function differences(figures: readonly HeatFigure[], title: string, says: (value: number) => string): HeatFigure[] {
  const [a, b] = figures;
  if (!a || !b || a.rows.length !== b.rows.length || a.columns.length !== b.columns.length) return [];
  const cells = minus(b.cells, a.cells);
  return [
    {
      ...a,
      title: `${title}: ${t.difference.toLowerCase()}`,
      cells,
      full: Math.max(largestOf(cells), Number.MIN_VALUE),
      isSigned: true,
      says: (row, column) => `${a.rows[row]!.label}, ${a.columns[column]!}: ${says(cells[row]![column]!)}`,
    },
  ];
}

const titled = (title: string, version: string | undefined) => (version === undefined ? title : `${title}, ${version}`);
const points = (value: number) => {
  const text = (100 * value).toFixed(1);
  return text === '-0.0' ? '0.0' : text.replace('-', '−');
};
const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
