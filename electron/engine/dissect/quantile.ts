/** Where a unit's activations are cut. */
export interface Threshold {
  /** A unit is on where its activation is strictly larger. */
  readonly value: number;
  /** Distance between the two activations that the value lies between. Where it is as small as rounding errors, these decide the mask. */
  readonly gap: number;
}

/** Activations that differ by no more than this (float32 sums of some hundred terms) may change places from one machine to the next. */
export const TIE = 1e-5;

/** The share of places that a unit is on at (Bau et al. 2017, section 3.2). */
export const SHARE = 0.005;

/**
 * The exact (1 − share) quantile, with linear interpolation between neighbours (numpy.quantile's default).
 * @param sorted ascending, at least one
 */
export function threshold(sorted: Float32Array, share = SHARE): Threshold {
  const at = (sorted.length - 1) * (1 - share);
  const below = Math.floor(at);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  const between = at - below;
  // Where it hits one activation exactly, that one is off, and what decides is how far the next is.
  const value = between < 0.5 ? low + (high - low) * between : high - (high - low) * (1 - between);
  return { value, gap: high - low };
}
