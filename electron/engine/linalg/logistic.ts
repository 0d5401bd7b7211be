import { cholesky, solve } from './cholesky.ts';
import { dot, type Matrix, matrix, norm, row, timesTransposed } from './matrix.ts';
import { symmetricEigen } from './eigen.ts';
import { combined } from './principal.ts';

/** A logistic model: p(true) = 1/(1 + exp(−(w·x + b))). */
export interface Logistic {
  readonly weights: Float64Array;
  readonly intercept: number;
}

/** Newton's method is there long before. */
const MOST_STEPS = 200;
/** Where the gradient is this small against the sum of its terms, nothing moves any more. */
const SETTLED = 1e-11;

/**
 * Minimises ½‖w‖² + Σ log(1 + exp(−y(w·x + b))) to the end in float64: scikit-learn's LogisticRegression (L2, C = 1), whose own solver
 * stops
 * earlier. The intercept costs nothing. Where there are fewer rows than columns it is solved in the space of the rows, which holds the
 * answer.
 */
export async function logistic(rows: Matrix, labels: readonly boolean[], withIntercept: boolean): Promise<Logistic> {
  if (rows.rows >= rows.columns) return newton(rows, labels, withIntercept);
  const { values, vectors } = symmetricEigen(timesTransposed(rows, rows));
  const kept = [...values].filter((value) => value > 1e-12 * values[0]!).length;
  const within = matrix(rows.rows, kept);
  for (let i = 0; i < rows.rows; i++)
    for (let k = 0; k < kept; k++) within.data[i * kept + k] = row(vectors, k)[i]! * Math.sqrt(values[k]!);
  const { weights, intercept } = await newton(within, labels, withIntercept);
  const ofRows = Float64Array.from({ length: rows.rows }, (_, i) =>
    weights.reduce((sum, w, k) => sum + (row(vectors, k)[i]! * w) / Math.sqrt(values[k]!), 0),
  );
  return { weights: combined(rows, ofRows), intercept };
}

/** Share of rows that a model tells rightly. */
export function accuracyOf({ weights, intercept }: Logistic, rows: Matrix, labels: readonly boolean[]): number {
  const right = labels.filter((label, i) => dot(weights, row(rows, i)) + intercept > 0 === label).length;
  return right / labels.length;
}

async function newton(rows: Matrix, labels: readonly boolean[], withIntercept: boolean): Promise<Logistic> {
  const width = rows.columns + (withIntercept ? 1 : 0);
  const x = (i: number) => row(rows, i);
  let at: Float64Array = new Float64Array(width);
  const split = (all: Float64Array): Logistic => ({
    weights: all.slice(0, rows.columns),
    intercept: withIntercept ? all[rows.columns]! : 0,
  });
  const cost = (all: Float64Array) => {
    const { weights, intercept } = split(all);
    const losses = labels.reduce((sum, label, i) => sum + softplus((label ? -1 : 1) * (dot(weights, x(i)) + intercept)), 0);
    return dot(weights, weights) / 2 + losses;
  };
  for (let step = 0; step < MOST_STEPS; step++) {
    const { weights, intercept } = split(at);
    const gradient = new Float64Array(width);
    const hessian = matrix(width, width);
    let size = 0;
    for (const [i, label] of labels.entries()) {
      const own = x(i);
      const p = 1 / (1 + Math.exp(-(dot(weights, own) + intercept)));
      const off = p - (label ? 1 : 0);
      const curve = p * (1 - p);
      size += Math.abs(off) * norm(own);
      for (let j = 0; j < width; j++) {
        const xj = j < own.length ? own[j]! : 1;
        gradient[j]! += off * xj;
        for (let k = 0; k <= j; k++) hessian.data[j * width + k]! += curve * xj * (k < own.length ? own[k]! : 1);
      }
    }
    for (let j = 0; j < rows.columns; j++) {
      gradient[j]! += weights[j]!;
      hessian.data[j * width + j]! += 1;
    }
    if (withIntercept) hessian.data[width * width - 1]! += 1e-12; // of classes that are told apart wholly the curve vanishes
    for (let j = 0; j < width; j++) for (let k = 0; k < j; k++) hessian.data[k * width + j] = hessian.data[j * width + k]!;
    if (norm(gradient) <= SETTLED * (size + norm(weights) + 1)) break;
    const move = solve(await cholesky(hessian), matrix(1, width, gradient)).data;
    at = halved(at, move, cost);
  }
  return split(at);
}

/** One step, half as long as often as the cost would rise. */
function halved(at: Float64Array, move: Float64Array, cost: (at: Float64Array) => number): Float64Array {
  const now = cost(at);
  for (let share = 1; share > 1e-6; share /= 2) {
    const next = at.map((x, i) => x - share * move[i]!);
    if (cost(next) <= now) return next;
  }
  return at;
}

function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}
