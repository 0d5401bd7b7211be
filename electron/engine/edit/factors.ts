import { EmendError } from '../../../shared/errors.ts';
import type { Anatomy } from '../anatomy/types.ts';
import type { Matrix } from '../linalg/matrix.ts';
import type { Delta, WeightDelta } from './types.ts';

/**
 * Deltas by their layer, those of one layer in their order.
 * @throws EmendError 'bad-input' for deltas of another model, 'unsupported' where they change more than down-projections
 */
export function byLayer(anatomy: Anatomy, deltas: readonly Delta[]): [number, WeightDelta[]][] {
  const other = deltas.flatMap(({ others = [] }) => others)[0];
  if (other)
    throw new EmendError(
      'unsupported',
      `"${other.weight}" was changed, which an adapter of down-projections cannot say.`,
      'Export the whole folder.',
    );
  const found = new Map<number, WeightDelta[]>();
  for (const part of deltas.flatMap((delta) => delta.weights)) {
    const down = anatomy.layers[part.layer]?.mlp.down;
    if (
      down?.weight !== part.weight ||
      part.left.columns !== down.outWidth ||
      part.right.columns !== down.inWidth ||
      part.left.rows !== part.right.rows
    ) {
      throw new EmendError(
        'bad-input',
        `The delta of "${part.weight}" in layer ${part.layer} (factors ${part.left.rows}×${part.left.columns} and ` +
          `${part.right.rows}×${part.right.columns}) does not fit the model, which keeps "${down?.weight ?? 'nothing'}" there.`,
        'Use deltas that were made on this model.',
      );
    }
    if (part.left.rows > 0) found.set(part.layer, [...(found.get(part.layer) ?? []), part]);
  }
  return [...found].sort(([a], [b]) => a - b);
}

/** Factors below each other, as one of as many rows as they have together. */
export function stacked(matrices: readonly Matrix[]): Float64Array {
  const out = new Float64Array(matrices.reduce((sum, one) => sum + one.data.length, 0));
  let at = 0;
  for (const { data } of matrices) {
    out.set(data, at);
    at += data.length;
  }
  return out;
}

/** A matrix of `rows` rows, with its columns as rows. */
export function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
  return out;
}
