import type { SteeringExample } from '../../../shared/steering/data.ts';

/** A line of the table: a text of the first kind beside one of the second. Lines of one group stay together. */
export interface PairRow {
  readonly first: string;
  readonly second: string;
  readonly group: number;
}

/** Texts as lines: those of one group beside each other, as long as there are some of both kinds. */
export function rowsOf(examples: readonly SteeringExample[]): PairRow[] {
  const groups = new Map<number, { first: string[]; second: string[] }>();
  for (const { text, label, group } of examples) {
    const known = groups.get(group) ?? { first: [], second: [] };
    known[label ? 'first' : 'second'].push(text);
    groups.set(group, known);
  }
  return [...groups].flatMap(([group, { first, second }]) =>
    Array.from({ length: Math.max(first.length, second.length) }, (_, at) => ({ first: first[at] ?? '', second: second[at] ?? '', group })),
  );
}

/** Lines as texts. A cell without any letter but spaces is a text too (a padding of spaces); an empty one is none. */
export function examplesOf(rows: readonly PairRow[]): SteeringExample[] {
  return rows.flatMap(({ first, second, group }) => [
    ...(first === '' ? [] : [{ text: first, label: true, group }]),
    ...(second === '' ? [] : [{ text: second, label: false, group }]),
  ]);
}

/** Lines with one more, of a group of its own. */
export function withRow(rows: readonly PairRow[]): PairRow[] {
  return [...rows, { first: '', second: '', group: Math.max(-1, ...rows.map(({ group }) => group)) + 1 }];
}

/** Lines of two cells as a spreadsheet gives them, with groups from `group` on; undefined where it is something else, such as a file. */
export function pastedRows(text: string, group: number): PairRow[] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const cells = lines.map((line) => line.split('\t'));
  const isTitled = cells[0]?.join().toLowerCase() === 'positive,negative';
  if (lines.length === 0 || isTitled || cells.some(({ length }) => length !== 2)) return undefined;
  return cells.map(([first, second], at) => ({ first: first!, second: second!, group: group + at }));
}
