/** One token row waiting to be run: whose it is, its tokens, and how many of them come before anything changes. */
export interface PendingRow {
  readonly fact: number;
  readonly ids: readonly number[];
  /** Tokens before the first changed position; they can enter as cached keys and values. */
  readonly settled: number;
}

/** What a run costs besides its tokens, in tokens: reading every weight once. */
const RUN = 64;

/**
 * Groups rows so that the tokens to run are few: those behind the settled ones that a group has in common, padded to its longest row,
 * at most about `budget` a group. Neighbours by settled tokens and length form groups; where to part them is found by dynamic programming.
 * @param useCache without a cache nothing is settled, and rows are grouped by length alone
 */
export function groupRows<T extends PendingRow>(rows: readonly T[], budget: number, useCache: boolean): { settled: number; rows: T[] }[] {
  const settledOf = (r: T) => (useCache ? r.settled : 0);
  const sorted = [...rows].sort((a, b) => settledOf(a) - settledOf(b) || a.ids.length - b.ids.length);
  // least[end]: the least cost of the first `end` rows, the last group of which begins at start[end].
  const least = [0];
  const start = [0];
  for (let end = 1; end <= sorted.length; end++) {
    least[end] = Infinity;
    let longest = 0;
    for (let from = end - 1; from >= 0; from--) {
      longest = Math.max(longest, sorted[from]!.ids.length);
      const tokens = (end - from) * (longest - settledOf(sorted[from]!));
      if (tokens > budget && end - from > 1) break;
      const cost = least[from]! + tokens + RUN;
      if (cost < least[end]!) {
        least[end] = cost;
        start[end] = from;
      }
    }
  }
  const groups: { settled: number; rows: T[] }[] = [];
  for (let end = sorted.length; end > 0; end = start[end]!) {
    const group = sorted.slice(start[end], end);
    groups.unshift({ settled: settledOf(group[0]!), rows: group });
  }
  return groups;
}
