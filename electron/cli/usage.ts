/** What a command line asks cannot be done because of how it is written. Exit code 2. */
export class UsageError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

/**
 * Exit codes: of programs in general, and 128 + SIGINT for a cancel. 'unproven': nothing is wrong, and nothing from elsewhere proves it;
 * 'unchecked': part of it could not be looked at.
 */
export const EXIT = { ok: 0, failed: 1, usage: 2, unproven: 3, unchecked: 4, cancelled: 130 } as const;

/** The word of `known` that `word` is most likely a slip of; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known.map((one) => ({ one, far: distance(word, one) })).sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(1, Math.ceil(best.one.length / 3)) ? best.one : undefined;
}

/** Letters to insert, remove or change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])));
    row = next;
  }
  return row[b.length]!;
}
