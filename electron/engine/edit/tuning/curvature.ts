import { gradient } from '../../autodiff/gradient.ts';
import type { Decoder } from '../../decoder/decoder.ts';
import { graphFrom, Stage } from '../../decoder/stage.ts';
import type { Eigen } from '../../linalg/eigen.ts';
import { matrix, type Matrix, turned } from '../../linalg/matrix.ts';
import type { Products } from '../../linalg/product.ts';
import { memoryTensor } from '../../onnx/build.ts';
import type { DataType, Shape } from '../../onnx/graph.ts';
import { type Rows, rightPad } from '../../runtime/inputs.ts';
import { floats, intFeed } from '../../runtime/session.ts';
import { extend, slice, value } from '../../runtime/surgery.ts';
import type { Report } from '../../../../shared/progress.ts';

/** Tokens in one run: logits and their gradients are held for all of them. */
const BUDGET = 512;

const names = { rows: 'emend.predicting', ids: 'emend.predicted' } as const;

/**
 * What a text's likelihood is sensitive to at the output of down-projections: mean g·gᵀ over tokens, where g is the gradient of the summed
 * −log p of the next tokens (K-FAC's second factor; CrispEdit's layer_stats.py). The last token of a row predicts nothing.
 * @returns layer → D × D
 */
export async function outputGradients(
  decoder: Decoder,
  layers: readonly number[],
  texts: readonly (readonly number[])[],
  report: Report,
): Promise<ReadonlyMap<number, Matrix>> {
  const { anatomy } = decoder;
  const outputs = layers.map((layer) => anatomy.layers[layer]!.mlp.output);
  const rows = texts.filter(({ length }) => length > 1).sort((a, b) => a.length - b.length);
  const { graph, made } = gradientProducts(decoder, outputs);
  const stage = Stage.of(decoder, await decoder.session(slice(graph, made)), []);
  const sums = outputs.map(() => matrix(anatomy.hiddenSize, anatomy.hiddenSize));
  const total = rows.reduce((sum, { length }) => sum + length - 1, 0);
  try {
    for (let from = 0, done = 0; from < rows.length;) {
      report.check();
      let to = from + 1;
      while (to < rows.length && (to + 1 - from) * rows[to]!.length <= BUDGET) to++;
      const tokens = rightPad(rows.slice(from, to));
      const result = await stage.run(tokens, nextTokens(tokens, rows.slice(from, to)));
      made.forEach((name, i) => {
        const sum = sums[i]!.data;
        floats(result, name).forEach((x, at) => (sum[at]! += x));
      });
      done += rows.slice(from, to).reduce((sum, { length }) => sum + length - 1, 0);
      from = to;
      report.progress('curvature', done, total);
    }
  } finally {
    await stage.release();
  }
  for (const { data } of sums) for (let i = 0; i < data.length; i++) data[i]! /= Math.max(1, total);
  return new Map(layers.map((layer, i) => [layer, sums[i]!]));
}

function nextTokens(tokens: Rows, rows: readonly (readonly number[])[]) {
  const places = rows.flatMap((ids, b) => ids.slice(1).map((id, at) => ({ place: b * tokens.length + at, id })));
  const column = [places.length, 1];
  return {
    [names.rows]: intFeed(
      places.map(({ place }) => place),
      column,
    ),
    [names.ids]: intFeed(
      places.map(({ id }) => id),
      column,
    ),
  };
}

/** The whole model with Σ g·gᵀ for the gradient g of the loss at each output. */
function gradientProducts(decoder: Decoder, outputs: readonly string[]) {
  const { anatomy } = decoder;
  const shapes = new Map(decoder.shapes);
  const know = (name: string, dims: Shape['dims'], dtype: DataType = 'float32') => (shapes.set(name, { dtype, dims }), name);
  for (const name of [names.rows, names.ids]) know(name, [null, 1], 'int64');
  const whole = graphFrom(decoder, undefined, [anatomy.logits]).graph;
  const { graph, made: loss } = extend(whole, 'loss', (b) => {
    const wide = (name: string) => know(name, [null, anatomy.vocabulary]);
    const flat = wide(b.op('Reshape', [anatomy.logits, b.ints([-1, anatomy.vocabulary])]));
    const logp = wide(b.op('LogSoftmax', [wide(b.op('GatherND', [flat, names.rows]))], { axis: -1 }));
    const nll = know(b.op('Neg', [know(b.op('GatherElements', [logp, names.ids], { axis: 1 }), [null, 1])]), [null, 1]);
    return know(b.op('ReduceSum', [nll], { keepdims: 0 }), []);
  });
  graph.inputs.push(value(names.rows, 'int64', ['predicting', 1]), value(names.ids, 'int64', ['predicting', 1]));
  graph.constants.set('emend.one', memoryTensor('float32', [], Float32Array.of(1)));
  const gradients = gradient(graph, new Map([[loss, 'emend.one']]), outputs, shapes);
  return extend(graph, 'curvature', (b) =>
    outputs.map((output) => {
      const flat = b.op('Reshape', [gradients.get(output)!, b.ints([-1, anatomy.hiddenSize])]);
      return b.op('FusedMatMul', [flat, flat], { transA: 1 }, 'com.microsoft');
    }),
  );
}

/** Directions of a weight, and which of them text is hardly sensitive to. */
export interface LowCurvature {
  /** Eigenvectors of the keys' second moments [F, F] and of the outputs' gradients [D, D], as rows. */
  readonly keys: Matrix;
  readonly outputs: Matrix;
  /** F × D: 1 where the product of both eigenvalues is below the threshold. */
  readonly free: Matrix;
  /** How many of the F·D directions are free. */
  readonly count: number;
}

/**
 * Directions in which a weight may move: those whose curvature, the product of both eigenvalues, is strictly below that at which the
 * largest products reach a share of the sum of all (CrispEdit, energy_threshold). Eigenvalues below 0 are rounding and count as 0.
 */
export function lowCurvature(keys: Eigen, outputs: Eigen, energy: number): LowCurvature {
  const [a, b] = [keys.values, outputs.values].map((values) => values.map((x) => Math.max(0, x))) as [Float64Array, Float64Array];
  const least = curvatureAt(a, b, energy);
  const free = matrix(a.length, b.length);
  let count = 0;
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < b.length; j++) {
      if (a[i]! * b[j]! >= least) continue;
      free.data[i * b.length + j] = 1;
      count++;
    }
  return { keys: keys.vectors, outputs: outputs.vectors, free, count };
}

/** The largest t such that products of t or more sum up to a share of all. Both lists descend, so no product is written down. */
function curvatureAt(a: Float64Array, b: Float64Array, energy: number): number {
  const sums = new Float64Array(b.length + 1);
  b.forEach((x, j) => (sums[j + 1] = sums[j]! + x));
  const sumFrom = (t: number) => {
    let sum = 0;
    let j = b.length;
    for (const x of a) {
      while (j > 0 && x * b[j - 1]! < t) j--;
      sum += x * sums[j]!;
    }
    return sum;
  };
  const enough = energy * a.reduce((sum, x) => sum + x, 0) * sums[b.length]!;
  let [low, high] = [0, a[0]! * b[0]! * (1 + 1e-12)];
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (sumFrom(middle) >= enough) low = middle;
    else high = middle;
  }
  return low;
}

/** The part of a change, F × D, that lies in the free directions: Uₐᵀ((Uₐ G U_bᵀ) ∘ M) U_b. */
export async function intoFree(products: Products, { keys, outputs, free }: LowCurvature, change: Matrix): Promise<Matrix> {
  const along = await products.timesTransposed(await products.times(keys, change), outputs);
  along.data.forEach((x, i) => (along.data[i] = x * free.data[i]!));
  return products.times(await products.times(turned(keys), along), outputs);
}
