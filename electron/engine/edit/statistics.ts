import { EmendError } from '../../../shared/errors.ts';
import { cholesky, type Cholesky } from '../linalg/cholesky.ts';
import { matrix, type Matrix } from '../linalg/matrix.ts';
import type { Covariance } from './covariance.ts';
import type { KeyStatistics } from './memit.ts';

/** Covariances with their factors, worked out when first asked for. */
export class Statistics implements KeyStatistics {
  readonly tokens: number;
  /** Layers whose covariance needed a ridge to be invertible, and how large it was relative to the mean diagonal. */
  readonly ridges = new Map<number, number>();
  private readonly layers: ReadonlyMap<number, Matrix>;
  private readonly factors = new Map<number, Promise<Cholesky>>();

  constructor(covariance: Covariance) {
    this.tokens = covariance.tokens;
    this.layers = covariance.layers;
  }

  /** @throws EmendError 'not-found' when this layer was not measured */
  covariance(layer: number): Matrix {
    const c = this.layers.get(layer);
    if (!c) throw new EmendError('not-found', `Layer ${layer} has no covariance; measured are ${[...this.layers.keys()].join(', ')}.`);
    return c;
  }

  factor(layer: number): Promise<Cholesky> {
    let factor = this.factors.get(layer);
    if (!factor) this.factors.set(layer, (factor = this.factorWithRidge(layer)));
    return factor;
  }

  /** Keys that never fire, or too little text, leave C singular: then the smallest ridge that helps is added and reported. */
  private async factorWithRidge(layer: number): Promise<Cholesky> {
    const c = this.covariance(layer);
    let mean = 0;
    for (let i = 0; i < c.rows; i++) mean += c.data[i * c.rows + i]! / c.rows;
    for (const relative of [0, 1e-8, 1e-6, 1e-4, 1e-2]) {
      const damped = relative === 0 ? c : matrix(c.rows, c.rows, c.data.slice());
      if (relative > 0) for (let i = 0; i < c.rows; i++) damped.data[i * c.rows + i]! += relative * mean;
      try {
        const factor = await cholesky(damped);
        if (relative > 0) this.ridges.set(layer, relative);
        return factor;
      } catch (error) {
        if (!(error instanceof EmendError) || error.details['pivot'] === undefined) throw error;
      }
    }
    throw new EmendError('failed', `The key covariance of layer ${layer} holds no usable numbers.`, 'Use more and more varied covariance text.');
  }
}
