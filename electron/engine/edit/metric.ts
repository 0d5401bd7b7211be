import { cholesky, type Cholesky, solveMany } from '../linalg/cholesky.ts';
import type { Eigen } from '../linalg/eigen.ts';
import { addDiagonal, columnsOf, firstRows, matrix, type Matrix, row } from '../linalg/matrix.ts';
import { withProducts } from '../linalg/product.ts';
import type { KeyStatistics } from './statistics.ts';

/**
 * What moving a weight costs: M = scale·S in min tr(Δ M Δᵀ) + Σⱼ ‖Δkⱼ − rⱼ‖²/εⱼ. Every closed form of the field is this with another M.
 */
export interface Metric {
  readonly scale: number;
  /** S⁻¹k of keys, n × F. */
  whiten(keys: Matrix): Promise<Matrix>;
  /** S, F × F, where it is finite in every direction. */
  readonly whole?: () => Matrix;
}

/** M = λC: what the layer holds already must stay (memit/memit_main.py, mom2_update_weight). */
export function covarianceMetric(statistics: KeyStatistics, layer: number, lambda: number): Metric {
  return {
    scale: lambda,
    whiten: async (keys) => solveMany(await statistics.factor(layer), keys),
    whole: () => statistics.covariance(layer),
  };
}

/** M = λC + βI: the change itself is kept small too (encore/encore_main.py, update_norm_lambda). */
export function dampedMetric(statistics: KeyStatistics, layer: number, lambda: number, beta: number): Metric {
  const whole = () => {
    const c = statistics.covariance(layer);
    const weighted = c.data.map((x) => lambda * x);
    return addDiagonal(matrix(c.rows, c.columns, weighted), beta);
  };
  let factor: Promise<Cholesky> | undefined;
  return { scale: 1, whiten: async (keys) => solveMany(await (factor ??= cholesky(whole())), keys), whole };
}

/**
 * M = L2 in the directions that ordinary keys hardly use, infinite in all others: S⁻¹ = P = I − U₊U₊ᵀ with U₊ the eigenvectors of C whose
 * eigenvalue is at least the threshold (AlphaEdit/AlphaEdit_main.py, get_project in experiments/evaluate.py).
 */
export function nullSpaceMetric(used: Matrix, l2: number): Metric {
  return {
    scale: l2,
    whiten: (keys) =>
      withProducts(async (products) => {
        const along = await products.times(await products.timesTransposed(keys, used), used);
        return matrix(
          keys.rows,
          keys.columns,
          keys.data.map((x, i) => x - along.data[i]!),
        );
      }),
  };
}

/** The same cost where only some neurons are changed. @throws Error for one without a whole S */
export function restrictedTo({ scale, whole }: Metric, neurons: readonly number[]): Metric {
  if (!whole) throw new Error('a metric that leaves directions out cannot be restricted to neurons');
  const part = (): Matrix => {
    const some = columnsOf(whole(), neurons);
    return matrix(neurons.length, neurons.length, Float64Array.from(neurons.flatMap((f) => [...row(some, f)])));
  };
  let factor: Promise<Cholesky> | undefined;
  return { scale, whiten: async (keys) => solveMany(await (factor ??= cholesky(part())), keys), whole: part };
}

/** The eigenvectors of C with an eigenvalue of at least the threshold, as rows; what is left is where a change may go. */
export function usedDirections({ values, vectors }: Eigen, threshold: number): Matrix {
  const used = values.findIndex((value) => value < threshold);
  return firstRows(vectors, used < 0 ? vectors.rows : used);
}
