/** Arithmetic mean; undefined of nothing. */
export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Kullback-Leibler divergence KL(before ‖ now) in nats of two distributions over the vocabulary, given as log-probabilities.
 * Infinite where `now` rules out what `before` allowed.
 */
export function klDivergence(before: ArrayLike<number>, now: ArrayLike<number>): number {
  let sum = 0;
  for (let id = 0; id < before.length; id++) {
    const p = Math.exp(before[id]!);
    if (p > 0) sum += p * (before[id]! - now[id]!);
  }
  // Rounding in the logarithms can leave a sum of equal distributions just below 0.
  return Math.max(0, sum);
}
