import { EmendError } from '../../../shared/errors.ts';
import { cholesky, type Cholesky } from '../linalg/cholesky.ts';
import { type Eigen, symmetricEigen } from '../linalg/eigen.ts';
import { addDiagonal, matrix, type Matrix, meanDiagonal, stacked } from '../linalg/matrix.ts';
import type { Covariance } from './covariance.ts';

/** What a solve needs to know of ordinary keys, per layer: C itself or its factor. */
export interface KeyStatistics {
  covariance(layer: number): Matrix;
  /** Factor of C, kept from use to use. */
  factor(layer: number): Promise<Cholesky>;
  /** Eigenvalues and eigenvectors of C, kept from use to use. */
  eigen(layer: number): Promise<Eigen>;
}

/** Covariances that lie elsewhere, and where their factors may lie. */
export interface StoredCovariance {
  readonly tokens: number;
  read(layer: number): Matrix | undefined;
  readFactor?(layer: number): Matrix | undefined;
  keepFactor?(layer: number, factor: Matrix): Promise<void>;
  /** The eigenvalues as the first row, then the eigenvectors. */
  readEigen?(layer: number): Matrix | undefined;
  keepEigen?(layer: number, eigen: Matrix): Promise<void>;
}

/**
 * Covariances with their factors. Large ones are read when asked for, and only the last factor is kept: five layers of them outweigh a
 * model.
 */
export class Statistics implements KeyStatistics {
  readonly tokens: number;
  /** Layers whose covariance needed a ridge to be invertible, and how large it was relative to the mean diagonal. */
  readonly ridges = new Map<number, number>();
  private readonly source: StoredCovariance;
  private readonly ridge: number;
  private last: { readonly layer: number; readonly factor: Promise<Cholesky> } | undefined;

  /**
   * @param covariance measured, or a way to read each layer's
   * @param ridge added to C's diagonal, relative to its mean; 0 as the published code
   */
  constructor(covariance: Covariance | StoredCovariance, ridge = 0) {
    this.tokens = covariance.tokens;
    this.source = 'read' in covariance ? covariance : { tokens: covariance.tokens, read: (layer) => covariance.layers.get(layer) };
    this.ridge = ridge;
  }

  /** @throws EmendError 'not-found' when this layer was not measured */
  covariance(layer: number): Matrix {
    const c = this.source.read(layer);
    if (!c)
      throw new EmendError('not-found', `Layer ${layer} has no key covariance.`, 'Start the edit again; it measures what is missing.');
    return this.ridge > 0 ? damped(c, this.ridge) : c;
  }

  factor(layer: number): Promise<Cholesky> {
    if (this.last?.layer !== layer) this.last = { layer, factor: this.factorWithRidge(layer) };
    return this.last.factor;
  }

  async eigen(layer: number): Promise<Eigen> {
    const kept = this.source.readEigen?.(layer);
    if (kept) {
      const { columns, data } = kept;
      return { values: data.subarray(0, columns), vectors: matrix(columns, columns, data.subarray(columns)) };
    }
    const found = symmetricEigen(this.covariance(layer));
    const { columns } = found.vectors;
    const rows = stacked([matrix(1, columns, found.values), found.vectors], columns);
    await this.source.keepEigen?.(layer, rows).catch(() => undefined); // only saves time
    return found;
  }

  /** Keys that never fire, or too little text, leave C singular: then the smallest ridge that helps is added and reported. */
  private async factorWithRidge(layer: number): Promise<Cholesky> {
    const kept = this.source.readFactor?.(layer);
    if (kept) return { lower: kept };
    const c = this.covariance(layer);
    for (const ridge of [0, 1e-8, 1e-6, 1e-4, 1e-2]) {
      try {
        const factor = await cholesky(ridge === 0 ? c : damped(c, ridge));
        if (ridge > 0) this.ridges.set(layer, ridge);
        else await this.source.keepFactor?.(layer, factor.lower).catch(() => undefined); // only saves time
        return factor;
      } catch (error) {
        if (!(error instanceof EmendError) || error.details['pivot'] === undefined) throw error;
      }
    }
    throw new EmendError(
      'failed',
      `The key covariance of layer ${layer} holds no usable numbers.`,
      'Use more and more varied covariance text.',
    );
  }
}

/** C with a share of its mean diagonal added to the diagonal. */
function damped(c: Matrix, ridge: number): Matrix {
  return addDiagonal(c, ridge * meanDiagonal(c));
}
