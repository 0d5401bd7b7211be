import type { Standing } from './problems.ts';
import { CELLS, isBlank, withFields, type Cell, type Row, type SortKey } from './rows.ts';

/** An order that was asked for: the rows as they stood then, by id. Rows stay where they are while one types in them. */
export interface Sort {
  readonly by: SortKey;
  readonly isDown: boolean;
  readonly ids: readonly number[];
}

type StandingOf = (row: Row) => Standing;
/** What needs a look comes first. */
const STANDINGS: readonly Standing[] = ['error', 'unfinished', 'warning', 'ready', 'blank'];
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Rows sorted by a column. Equal ones stay as they were, empty ones come last. */
export function sortedBy(rows: readonly Row[], by: SortKey, isDown: boolean, standingOf: StandingOf): Sort {
  const compare = comparison(by, isDown, standingOf);
  return { by, isDown, ids: [...rows].sort(compare).map(({ id }) => id) };
}

/** Rows as a sort shows them: those that came since stand behind the one that they were put behind, or at the end. */
export function shownBy(rows: readonly Row[], sort: Sort | undefined): readonly Row[] {
  if (sort === undefined) return rows;
  const places = new Map(sort.ids.map((id, at) => [id, at]));
  const lastKnown = rows.findLastIndex(({ id }) => places.has(id));
  let before = -1;
  const placed = rows.map((row, at) => {
    const own = places.get(row.id);
    if (own !== undefined) before = own;
    return { row, at: at > lastKnown ? Infinity : before };
  });
  return placed.sort((a, b) => (a.at === b.at ? 0 : a.at - b.at)).map(({ row }) => row);
}

/** Whether rows are in the order that a sort says; what was typed since may have changed that. */
export function isInOrder(shown: readonly Row[], { by, isDown }: Sort, standingOf: StandingOf): boolean {
  const compare = comparison(by, isDown, standingOf);
  return shown.every((row, at) => at === 0 || compare(shown[at - 1]!, row) <= 0);
}

function comparison(by: SortKey, isDown: boolean, standingOf: StandingOf): (a: Row, b: Row) => number {
  const sign = isDown ? -1 : 1;
  const value = (a: Row, b: Row): number => {
    if (by === 'standing') return STANDINGS.indexOf(standingOf(a)) - STANDINGS.indexOf(standingOf(b));
    if (by === 'paraphrases' || by === 'neighbors') return (a.fact[by]?.length ?? 0) - (b.fact[by]?.length ?? 0);
    return collator.compare(cellOf(a, by), cellOf(b, by));
  };
  return (a, b) => Number(isLast(a, by)) - Number(isLast(b, by)) || sign * value(a, b);
}

function isLast(row: Row, by: SortKey): boolean {
  return isBlank(row) || (isCell(by) && cellOf(row, by) === '');
}

function isCell(by: SortKey): by is Cell {
  return (CELLS as readonly string[]).includes(by);
}

function cellOf({ fact }: Row, cell: Cell): string {
  return (fact[cell] ?? '').trim();
}

/** A cell that has what is looked for. */
export interface Found {
  readonly id: number;
  readonly cell: Cell;
}

/** Cells that have a text, without regard to case, in the order in which they are shown. */
export function findCells(shown: readonly Row[], words: string): Found[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === '') return [];
  return shown.flatMap((row) =>
    CELLS.filter((cell) => (row.fact[cell] ?? '').toLowerCase().includes(wanted)).map((cell) => ({ id: row.id, cell })),
  );
}

/** Rows in which a text stands for another in some cells, without regard to case; a row in which nothing is found stays as it is. */
export function replaced(rows: readonly Row[], cells: readonly Found[], words: string, by: string): readonly Row[] {
  const wanted = words.trim();
  if (wanted === '') return rows;
  const found = new RegExp(wanted.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`), 'gi');
  const chosen = new Set(cells.map(({ id, cell }) => `${id} ${cell}`));
  return rows.map((row) => {
    const fields = CELLS.filter((cell) => chosen.has(`${row.id} ${cell}`)).flatMap((cell) => {
      const text = row.fact[cell] ?? '';
      const put = text.replace(found, () => by);
      return put === text ? [] : [[cell, put] as const];
    });
    return fields.length === 0 ? row : { id: row.id, fact: withFields(row.fact, Object.fromEntries(fields)) };
  });
}
