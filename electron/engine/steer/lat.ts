import { dot, type Matrix, matrix, row } from '../linalg/matrix.ts';
import { centred, columnMean, principal } from '../linalg/principal.ts';
import { differences, projections, rowsOf, stacked } from './direction.ts';
import type { Sides } from './readers.ts';

/** Linear Artificial Tomography: reading vectors (Zou et al. 2023; representation-engineering repe/rep_readers.py). */

/** States of pairs whose order was shuffled: which of each is the positive one is known. */
export interface Shuffled {
  readonly first: Matrix;
  readonly second: Matrix;
  readonly positiveFirst: readonly boolean[];
}

/** A reading vector of one layer. */
export interface Reading {
  /** As found, before its sign is chosen. */
  readonly direction: Float64Array;
  readonly sign: 1 | -1;
  /** Mean of the shuffled differences: what is taken off a state before it is read. */
  readonly mean: Float64Array;
  /** Pairs whose positive text lies higher along the direction, and lower. */
  readonly votes: readonly [number, number];
  /** First over second singular value. */
  readonly gap: number;
}

/** The pairs in the order that they were given in. */
export function sidesOf({ first, second, positiveFirst }: Shuffled): Sides {
  const pick = (wanted: boolean) => {
    const out = matrix(first.rows, first.columns);
    positiveFirst.forEach((is, i) => out.data.set(row(is === wanted ? first : second, i), i * first.columns));
    return out;
  };
  return { positive: pick(true), negative: pick(false) };
}

/** First principal component of the shuffled differences, which are centred: only in random order does the concept survive that. */
export function pcaReading(pairs: Shuffled): Reading {
  const apart = differences(pairs.first, pairs.second);
  const { direction, gap } = principal(centred(apart));
  return { ...signed(pairs, direction), mean: columnMean(apart), gap };
}

/** Mean difference of the pairs, as it is. */
export function meanReading(pairs: Shuffled): Reading {
  const { positive, negative } = sidesOf(pairs);
  const direction = columnMean(differences(positive, negative));
  return { ...signed(pairs, direction), mean: columnMean(differences(pairs.first, pairs.second)), gap: Infinity };
}

/**
 * ClusterMeanRepReader as coded, on differences: the mean of those whose second text is the positive one less the mean of the others.
 * About −2
 * times the mean difference; the sign puts that right.
 */
export function clusterReading(pairs: Shuffled): Reading {
  const apart = differences(pairs.first, pairs.second);
  const numbers = (wanted: boolean) => pairs.positiveFirst.flatMap((is, i) => (is === wanted ? [i] : []));
  const [second, first] = [columnMean(rowsOf(apart, numbers(false))), columnMean(rowsOf(apart, numbers(true)))];
  return {
    ...signed(
      pairs,
      second.map((x, i) => x - first[i]!),
    ),
    mean: columnMean(apart),
    gap: Infinity,
  };
}

/** To which side of a direction the positive texts lie, by majority; a tie leaves it. */
function signed(pairs: Shuffled, direction: Float64Array): Pick<Reading, 'direction' | 'sign' | 'votes'> {
  const { positive, negative } = sidesOf(pairs);
  const [above, below] = [projections(positive, direction), projections(negative, direction)];
  const up = above.filter((x, i) => x >= below[i]!).length;
  const down = above.filter((x, i) => x <= below[i]!).length;
  return { direction, sign: up < down ? -1 : 1, votes: [up, down] };
}

/** Score of each state: (h − mean)·direction, before the sign. */
export function scores({ direction, mean }: Reading, states: Matrix): Float64Array {
  const off = dot(mean, direction);
  return projections(states, direction).map((x) => x - off);
}

/** Share of pairs whose positive text scores highest, the sign reckoned with; a tie counts. */
export function pairAccuracy(reading: Reading, { positive, negative }: Sides): number {
  const [above, below] = [scores(reading, positive), scores(reading, negative)];
  return above.filter((x, i) => reading.sign * x >= reading.sign * below[i]!).length / positive.rows;
}

/** Component of all states around the middle of their pairs (repeng pca_center), or of the differences less their mean (pca_diff). */
export function controlDirection({ positive, negative }: Sides, centering: 'pca_diff' | 'pca_center'): Omit<Reading, 'mean'> {
  const apart = differences(positive, negative);
  const half = matrix(
    apart.rows,
    apart.columns,
    apart.data.map((x) => x / 2),
  );
  const halves = stacked(
    half,
    matrix(
      half.rows,
      half.columns,
      half.data.map((x) => -x),
    ),
  );
  const { direction, gap } = principal(centred(centering === 'pca_diff' ? apart : halves));
  const [above, below] = [projections(positive, direction), projections(negative, direction)];
  const larger = above.filter((x, i) => x > below[i]!).length;
  const smaller = above.filter((x, i) => x < below[i]!).length;
  return { direction, sign: smaller > larger ? -1 : 1, votes: [larger, smaller], gap };
}
