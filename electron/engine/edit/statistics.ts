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

  /** @param ridge added to C's diagonal, relative to its mean; 0 as the published code */
  constructor(covariance: Covariance, ridge = 0) {
    this.tokens = covariance.tokens;
    this.layers = ridge > 0 ? new Map([...covariance.layers].map(([layer, c]) => [layer, damped(c, ridge)])) : covariance.layers;
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
    for (const ridge of [0, 1e-8, 1e-6, 1e-4, 1e-2]) {
      try {
        const factor = await cholesky(ridge === 0 ? c : damped(c, ridge));
        if (ridge > 0) this.ridges.set(layer, ridge);
        return factor;
      } catch (error) {
        if (!(error instanceof EmendError) || error.details['pivot'] === undefined) throw error;
      }
    }
    throw new EmendError('failed', `The key covariance of layer ${layer} holds no usable numbers.`, 'Use more and more varied covariance text.');
  }
}

/** C with a share of its mean diagonal added to the diagonal. */
function damped(c: Matrix, ridge: number): Matrix {
  const out = matrix(c.rows, c.columns, c.data.slice());
  let mean = 0;
  for (let i = 0; i < c.rows; i++) mean += c.data[i * c.rows + i]! / c.rows;
  for (let i = 0; i < c.rows; i++) out.data[i * c.rows + i]! += ridge * mean;
  return out;
}
