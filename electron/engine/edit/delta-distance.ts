import type { Matrix } from '../linalg/matrix.ts';
import { readDelta } from './delta-file.ts';
import type { WeightDelta } from './types.ts';

/**
 * How far two deltas lie apart: ‖ΔA − ΔB‖ over the greater of ‖ΔA‖ and ‖ΔB‖ (Frobenius, over all weights together); 0 when both change
 * nothing.
 * With Δ = Σ_r left_r ⊗ right_r every product is one of small matrices: ⟨A, B⟩ = Σ_{r,s} (a_r · b_s)(c_r · d_s); no weight is formed.
 * @param one, other delta files
 * @throws EmendError 'bad-file' when either is none
 */
export function deltaDistance(one: string, other: string): number {
  const [a, b] = [readDelta(one).delta.weights, readDelta(other).delta.weights];
  const [aa, bb, ab] = [product(a, a), product(b, b), product(a, b)];
  const greatest = Math.max(aa, bb);
  return greatest === 0 ? 0 : Math.sqrt(Math.max(0, aa + bb - 2 * ab) / greatest);
}

function product(a: readonly WeightDelta[], b: readonly WeightDelta[]): number {
  let sum = 0;
  for (const one of a) {
    const other = b.find((each) => each.weight === one.weight);
    if (!other || other.left.columns !== one.left.columns || other.right.columns !== one.right.columns) continue;
    for (let r = 0; r < one.left.rows; r++)
      for (let s = 0; s < other.left.rows; s++) sum += dot(one.left, r, other.left, s) * dot(one.right, r, other.right, s);
  }
  return sum;
}

function dot(a: Matrix, row: number, b: Matrix, other: number): number {
  const [from, to] = [row * a.columns, other * b.columns];
  let sum = 0;
  for (let i = 0; i < a.columns; i++) sum += a.data[from + i]! * b.data[to + i]!;
  return sum;
}
