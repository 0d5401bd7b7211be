import { EmendError } from '../../../shared/errors.ts';
import type { Tensor } from '../onnx/graph.ts';
import { type FloatType, floatsToBytes, tensorBytes, tensorFloats } from '../onnx/tensors.ts';
import { matrix, type Matrix, norm, row } from '../linalg/matrix.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { elementCount } from '../onnx/dtypes.ts';
import type { AxisDelta, Delta, WeightDelta } from './types.ts';

/**
 * The weight with its delta added, in its own layout and precision. Plain loops in a fixed order:
 * the same delta gives the same bytes on every machine.
 */
export function changedWeight(decoder: Decoder, delta: WeightDelta): Tensor {
  const layer = decoder.anatomy.layers[delta.layer];
  if (!layer || layer.mlp.down.weight !== delta.weight) {
    throw new EmendError(
      'bad-input',
      `The delta changes "${delta.weight}" in layer ${delta.layer}, but this model keeps "${layer?.mlp.down.weight ?? 'nothing'}" there.`,
      'Use a delta that was made on this model.',
    );
  }
  const { down } = layer.mlp;
  if (delta.left.columns !== down.outWidth || delta.right.columns !== down.inWidth || delta.left.rows !== delta.right.rows) {
    throw new EmendError(
      'bad-input',
      `The delta of "${delta.weight}" has factors ${delta.left.rows}×${delta.left.columns} and ` +
        `${delta.right.rows}×${delta.right.columns}; expected r×${down.outWidth} and r×${down.inWidth}.`,
      'Use a delta that was made on this model.',
    );
  }
  return withProduct(decoder, { ...delta, axis: down.layout === 'in-out' ? 'last' : 'first' });
}

/** Any weight with its delta added, in its own layout and precision. @throws EmendError 'bad-input' where it does not fit the model */
function withProduct(decoder: Decoder, { weight, axis, left, right }: AxisDelta): Tensor {
  const tensor = decoder.graph.constants.get(weight);
  if (!tensor || left.rows !== right.rows || elementCount(tensor.dims) !== left.columns * right.columns)
    throw new EmendError(
      'bad-input',
      `The delta of "${weight}" is ${right.columns}×${left.columns}; the model has ` +
        `${tensor ? `[${tensor.dims.join(', ')}]` : 'nothing'} there.`,
      'Use a delta that was made on this model.',
    );
  const weights = tensorFloats(decoder.model, tensor).slice();
  const [outer, inner] = axis === 'last' ? [right, left] : [left, right];
  addProduct(weights, outer, inner);
  return { ...tensor, data: { kind: 'bytes', bytes: floatsToBytes(weights, tensor.dtype as FloatType) } };
}

/** weights[i, j] += Σ_r outer[r, i]·inner[r, j], summed in float64, added in float32 as the published code does. */
function addProduct(weights: Float32Array, outer: Matrix, inner: Matrix): void {
  const columns = inner.columns;
  const sum = new Float64Array(columns);
  for (let i = 0; i < outer.columns; i++) {
    sum.fill(0);
    for (let r = 0; r < outer.rows; r++) {
      const a = outer.data[r * outer.columns + i]!;
      if (a === 0) continue;
      const b = row(inner, r);
      for (let j = 0; j < columns; j++) sum[j]! += a * b[j]!;
    }
    const at = i * columns;
    for (let j = 0; j < columns; j++) weights[at + j] = weights[at + j]! + Math.fround(sum[j]!);
  }
}

/** The decoder with a delta applied; nothing on disk changes. */
export function withDelta(decoder: Decoder, delta: Delta): Decoder {
  let now = decoder;
  for (const weight of delta.weights) now = now.withConstants(new Map([[weight.weight, changedWeight(now, weight)]]));
  for (const other of delta.others ?? []) now = now.withConstants(new Map([[other.weight, withProduct(now, other)]]));
  return now;
}

/** ΔW as [D, F]. */
export function fullDelta(delta: WeightDelta): Matrix {
  const out = matrix(delta.left.columns, delta.right.columns);
  for (let r = 0; r < delta.left.rows; r++) {
    const right = row(delta.right, r);
    for (let d = 0; d < out.rows; d++) {
      const a = delta.left.data[r * delta.left.columns + d]!;
      for (let f = 0; f < out.columns; f++) out.data[d * out.columns + f]! += a * right[f]!;
    }
  }
  return out;
}

/** ‖ΔW‖ and ‖W‖ (Frobenius), which say how strong an edit is. */
export function deltaNorms(decoder: Decoder, delta: WeightDelta): { delta: number; weight: number } {
  return {
    delta: norm(fullDelta(delta).data),
    weight: norm(tensorFloats(decoder.model, decoder.source.graph.constants.get(delta.weight)!)),
  };
}

/**
 * What rounding to the weight's own type took of a change: ‖(W' − W) − ΔW‖ / ‖ΔW‖ with W' as stored. Undefined for float32 and wider,
 * where that is nothing.
 */
export function roundingLoss(before: Decoder, after: Decoder, delta: WeightDelta): number | undefined {
  const tensor = before.graph.constants.get(delta.weight)!;
  if (tensor.dtype !== 'float16' && tensor.dtype !== 'bfloat16') return undefined;
  const [was, is] = [before, after].map((one) => tensorFloats(one.model, one.graph.constants.get(delta.weight)!)) as [
    Float32Array,
    Float32Array,
  ];
  const { data, rows, columns } = fullDelta(delta);
  const isOutFirst = before.anatomy.layers[delta.layer]!.mlp.down.layout === 'out-in';
  const lost = data.map((x, at) => {
    const stored = isOutFirst ? at : (at % columns) * rows + Math.floor(at / columns);
    return is[stored]! - was[stored]! - x;
  });
  return norm(lost) / norm(data);
}

/** Bytes of every changed weight, by constant name, ready for patching the model's files. */
export function changedBytes(decoder: Decoder): Map<string, Uint8Array> {
  return new Map([...decoder.changes].map(([name, tensor]) => [name, tensorBytes(decoder.model, tensor)]));
}
