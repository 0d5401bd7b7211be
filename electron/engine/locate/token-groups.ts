/** What it costs to run tokens of a text together, each changed in so many rows. */
interface Cost {
  /** Tokens of the text. */
  readonly length: number;
  /** Rows of each token. */
  readonly rows: number;
  /** Whether a run can begin at its first changed token, and need not begin with the text. */
  readonly resumes: boolean;
  /** Tokens in one run at most, unless a single changed token has more. */
  readonly budget: number;
}

/** What a run costs besides its tokens, in tokens: reading every weight once. */
const RUN = 64;

/**
 * Parts the changed tokens of a text into groups that run together, so that little is run in all: a group runs from its first token to the
 * text's end, in the rows of all its tokens. Found by dynamic programming.
 * @param tokens ascending
 */
export function tokenGroups(tokens: readonly number[], { length, rows, resumes, budget }: Cost): number[][] {
  // least[end]: the least cost of the first `end` tokens, the last group of which begins at start[end].
  const [least, start] = [[0], [0]];
  for (let end = 1; end <= tokens.length; end++) {
    least[end] = Infinity;
    for (let from = end - 1; from >= 0; from--) {
      const run = (end - from) * rows * (resumes ? length - tokens[from]! : length);
      if (run > budget && end - from > 1) break;
      const cost = least[from]! + run + RUN;
      if (cost >= least[end]!) continue;
      least[end] = cost;
      start[end] = from;
    }
  }
  const groups: number[][] = [];
  for (let end = tokens.length; end > 0; end = start[end]!) groups.unshift(tokens.slice(start[end], end));
  return groups;
}
