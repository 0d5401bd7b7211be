import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Stage } from '../../../electron/engine/decoder/stage.ts';
import { intoFree, lowCurvature, outputGradients } from '../../../electron/engine/edit/tuning/curvature.ts';
import { tuningGraph } from '../../../electron/engine/edit/tuning/graph.ts';
import { TunedTexts } from '../../../electron/engine/edit/tuning/texts.ts';
import { symmetricEigen } from '../../../electron/engine/linalg/eigen.ts';
import { matrix, type Matrix } from '../../../electron/engine/linalg/matrix.ts';
import { withProducts } from '../../../electron/engine/linalg/product.ts';
import { Random } from '../../../electron/engine/runtime/sampling.ts';
import { floatFeed, floats } from '../../../electron/engine/runtime/session.ts';
import { silent } from '../../../shared/progress.ts';
import { mini } from '../runtime/mini.ts';

const random = new Random(3);
const some = (rows: number, columns: number): Matrix =>
  matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => random.next() - 0.5),
  );
/** X·Xᵀ of something random. */
function squared(size: number): Matrix {
  const x = some(size, size);
  const out = matrix(size, size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) for (let k = 0; k < size; k++) out.data[i * size + j]! += x.data[i * size + k]! * x.data[j * size + k]!;
  return out;
}
const values = (count: number) => fc.array(fc.double({ min: -0.01, max: 10, noNaN: true }), { minLength: count, maxLength: count });

describe('directions of low curvature', () => {
  test('are those below the product at which the largest reach the share of all', () => {
    fc.assert(
      fc.property(values(5), values(4), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (keys, outputs, energy) => {
        const [a, b] = [keys, outputs].map((all) => Float64Array.from(all).sort().reverse()) as [Float64Array, Float64Array];
        const products = [...a].flatMap((x) => [...b].map((y) => Math.max(0, x) * Math.max(0, y)));
        const all = products.reduce((sum, x) => sum + x, 0);
        fc.pre(all > 1e-6);
        const sorted = products.toSorted((x, y) => y - x);
        let sum = 0;
        // Shares that are met but for rounding are anybody's.
        const reached = sorted.findIndex((x) => (sum += x) >= energy * all);
        const least = sorted[reached]!;
        fc.pre([sum, sum - least].every((found) => Math.abs(found - energy * all) > 1e-9 * all));
        const none = (size: number) => ({ values: new Float64Array(size), vectors: matrix(size, size) });
        const { free, count } = lowCurvature({ ...none(5), values: a }, { ...none(4), values: b }, energy);
        expect([...free.data]).toEqual(products.map((x) => (x < least ? 1 : 0)));
        expect(count).toBe(free.data.filter(Boolean).length);
      }),
    );
  });

  test('what is projected into them has no part in the others, and stays when it is projected again', async () => {
    const found = lowCurvature(symmetricEigen(squared(6)), symmetricEigen(squared(4)), 0.6);
    const change = some(6, 4);
    await withProducts(async (products) => {
      const once = await intoFree(products, found, change);
      const again = await intoFree(products, found, once);
      again.data.forEach((x, i) => expect(x).toBeCloseTo(once.data[i]!, 12));
      const along = await products.timesTransposed(await products.times(found.keys, once), found.outputs);
      const before = await products.timesTransposed(await products.times(found.keys, change), found.outputs);
      along.data.forEach((x, i) => expect(x).toBeCloseTo(found.free.data[i]! * before.data[i]!, 12));
    });
  });

  test('the gradients of outputs are those of the weight: of one token, its key times the gradient', async () => {
    const decoder = await mini();
    const ids = [3, 9];
    const found = (await outputGradients(decoder, [1], [ids], silent)).get(1)!;
    const graph = tuningGraph(decoder, [1]);
    const texts = await TunedTexts.settle(decoder, graph, [{ ids, wanted: [{ at: 0, id: 9 }] }], silent);
    const stage = Stage.of(decoder, await decoder.session(graph.graph), graph.live);
    const { tokens, feeds } = texts.batch([0]);
    const [weight] = graph.weights;
    const result = await stage.run(tokens, { ...feeds, [weight!.change]: floatFeed(new Float32Array(12 * 8), weight!.dims) });
    await stage.release();
    const slope = floats(result, weight!.gradient); // [F, D] = k·gᵀ
    const [inner, width] = weight!.dims as [number, number];
    const squaredSlope = matrix(width, width);
    for (let f = 0; f < inner; f++)
      for (let i = 0; i < width; i++)
        for (let j = 0; j < width; j++) squaredSlope.data[i * width + j]! += slope[f * width + i]! * slope[f * width + j]!;
    const trace = (m: Matrix) => Array.from({ length: width }, (_, i) => m.data[i * width + i]!).reduce((sum, x) => sum + x, 0);
    const scale = trace(found) / trace(squaredSlope);
    expect(trace(found)).toBeGreaterThan(0);
    found.data.forEach((x, i) => expect(Math.abs(x - scale * squaredSlope.data[i]!)).toBeLessThan(1e-5 * trace(found)));
  });
});
