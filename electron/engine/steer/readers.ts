import type { Reader } from '../../../shared/steering/reader.ts';
import { dot, type Matrix, row } from '../linalg/matrix.ts';
import { projections } from './direction.ts';

/** States of the two sides of pairs at one place, row by row. */
export interface Sides {
  readonly positive: Matrix;
  readonly negative: Matrix;
}

/** Half-way between the mean scores of the two sides: above it a text counts as of the first kind. */
export function thresholdOf({ positive, negative }: Sides, direction: ArrayLike<number>): number {
  const mean = (of: Matrix) => projections(of, direction).reduce((sum, x) => sum + x, 0) / of.rows;
  return (mean(positive) + mean(negative)) / 2;
}

/** How many texts of pairs a threshold tells rightly, and how many pairs their order; undefined of no pairs. */
export function judged({ positive, negative }: Sides, direction: ArrayLike<number>, threshold: number): Reader['heldOut'] {
  const pairs = positive.rows;
  if (pairs === 0) return undefined;
  const [above, below] = [projections(positive, direction), projections(negative, direction)];
  const right = above.filter((x) => x > threshold).length + below.filter((x) => x <= threshold).length;
  return { texts: right / (2 * pairs), pairs: above.filter((x, i) => x > below[i]!).length / pairs, groups: pairs };
}

/** A reader of a hidden state by a direction of length 1, its threshold from one half of the pairs and its accuracy from another. */
export function readerOf(
  hidden: number,
  vector: string,
  direction: ArrayLike<number>,
  shift: ArrayLike<number> | undefined,
  sides: { readonly fitted: Sides; readonly heldOut: Sides },
): Reader {
  const off = shift === undefined ? 0 : dot(direction, shift);
  const threshold = thresholdOf(sides.fitted, direction);
  const heldOut = judged(sides.heldOut, direction, threshold);
  return { hidden, vector, shift: off, threshold: threshold - off, ...(heldOut ? { heldOut } : {}) };
}

/** Score of one state. */
export function scoreOf(reader: Reader, direction: ArrayLike<number>, states: Matrix, at: number): number {
  return dot(row(states, at), direction) - reader.shift;
}
