/** One token row waiting to be run: whose it is, its tokens, and how many of them come before anything changes. */
export interface PendingRow {
  readonly fact: number;
  readonly ids: readonly number[];
  /** Tokens before the first changed position; they can enter as cached keys and values. */
  readonly settled: number;
}

/**
 * Groups rows so that each group shares as many settled tokens as possible and has about `budget` tokens left to run.
 * @param useCache without a cache nothing is settled, and rows are grouped by length alone
 */
export function groupRows<T extends PendingRow>(rows: readonly T[], budget: number, useCache: boolean): { settled: number; rows: T[] }[] {
  const settledOf = (r: T) => (useCache ? r.settled : 0);
  const sorted = [...rows].sort((a, b) => settledOf(a) - settledOf(b) || a.ids.length - b.ids.length);
  const groups: { settled: number; rows: T[] }[] = [];
  let group: T[] = [];
  let longest = 0;
  for (const row of sorted) {
    const settled = group.length > 0 ? settledOf(group[0]!) : settledOf(row);
    const width = Math.max(longest, row.ids.length - settled);
    if (group.length > 0 && (group.length + 1) * width > budget) {
      groups.push({ settled: settledOf(group[0]!), rows: group });
      group = [];
      longest = 0;
    }
    group.push(row);
    longest = Math.max(longest, row.ids.length - settledOf(group[0]!));
  }
  if (group.length > 0) groups.push({ settled: settledOf(group[0]!), rows: group });
  return groups;
}
