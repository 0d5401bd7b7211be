import type { JobMethodName, Result } from '../../../../shared/contract.ts';
import { type HeatFigure, largestOf } from '../../../components/figure/figure.ts';
import type { TextToken } from '../../../../shared/contract/locating.ts';
import { locate as t } from '../text.ts';

export type LocatingMethod = Extract<JobMethodName, `locating.${string}`>;

/** What was found in one version, and what that is called. */
export interface Named<R> {
  readonly name: string;
  /** Of two versions that were compared, what the other is called. */
  readonly other?: string;
  readonly result: R;
}

export type Grid = readonly (readonly number[])[];

export function mapped(grid: Grid, of: (value: number) => number): number[][] {
  return grid.map((row) => row.map(of));
}

/** A token as it is shown: a space that one would not see, and line ends, are written out. */
export function shown(text: string): string {
  return text.trim() === '' ? JSON.stringify(text) : text.replaceAll('\n', '↵');
}

/** Lines of a figure, one for each token; the subject is marked. */
export function rowsOf(tokens: readonly TextToken[]) {
  return tokens.map(({ text, isSubject }) => ({ label: shown(text), isMarked: isSubject, isText: true }));
}

/** Numbers of layers from 0. */
export function layersOf(grid: Grid): string[] {
  return (grid[0] ?? []).map((_, layer) => String(layer));
}

/** Whether all followed the same answers: what two versions do with different ones has no difference. */
export function isOneAnswer(found: readonly Named<Result<LocatingMethod>>[]): boolean {
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

/** Second minus first, where there are two of the same shape. */
export function differences(figures: readonly HeatFigure[], title: string, says: (value: number) => string): HeatFigure[] {
  const [a, b] = figures;
  if (!a || !b || a.rows.length !== b.rows.length || a.columns.length !== b.columns.length) return [];
  const cells = b.cells.map((row, r) => row.map((value, c) => value - a.cells[r]![c]!));
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

/** A title, with the version that it is of where there are several. */
export function titled(title: string, version: string | undefined): string {
  return version === undefined ? title : `${title}, ${version}`;
}

/** A share in points, as in a cell. */
export function points(value: number): string {
  if (Number.isNaN(value)) return '–';
  const text = (100 * value).toFixed(1);
  return text === '-0.0' ? '0.0' : text.replace('-', '−');
}

export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
