import { describe, expect, test } from 'vitest';
import type { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { Stage } from '../../../electron/engine/decoder/stage.ts';
import { withDelta } from '../../../electron/engine/edit/delta.ts';
import { tuningGraph } from '../../../electron/engine/edit/tuning/graph.ts';
import { type TunedText, TunedTexts } from '../../../electron/engine/edit/tuning/texts.ts';
import { train } from '../../../electron/engine/edit/tuning/train.ts';
import { matrix } from '../../../electron/engine/linalg/matrix.ts';
import { floatFeed, floats } from '../../../electron/engine/runtime/session.ts';
import { silent } from '../../../shared/progress.ts';
import { mini, type Mini, tokenRows } from '../runtime/mini.ts';

const TEXTS: readonly TunedText[] = tokenRows([6, 4, 7]).map((ids, i) => ({
  ids,
  wanted: [
    { at: ids.length - 2, id: 3 + i },
    { at: ids.length - 1, id: 11 + i },
  ],
}));
const SETTINGS = { layers: [1], epochs: 100, learningRate: 0.02, batch: 2, seed: 4 };

/** The loss of all texts as one batch and its gradients, with a change of each trained weight. */
async function measured(
  decoder: Decoder,
  layers: readonly number[],
  change: (size: number) => Float32Array = (size) => new Float32Array(size),
) {
  const graph = tuningGraph(decoder, layers);
  const texts = await TunedTexts.settle(decoder, graph, TEXTS, silent);
  const stage = Stage.of(decoder, await decoder.session(graph.graph), graph.live);
  const { tokens, feeds, wanted } = texts.batch(TEXTS.map((_, i) => i));
  const changes = graph.weights.map((one) => [one.change, floatFeed(change(one.dims.reduce((a, d) => a * d, 1)), one.dims)] as const);
  const result = await stage.run(tokens, { ...feeds, ...Object.fromEntries(changes) });
  await stage.release();
  const nll = floats(result, graph.nll);
  return {
    loss: wanted.reduce((sum, { weight }, i) => sum + weight * nll[i]!, 0),
    gradients: graph.weights.map((one) => floats(result, one.gradient)),
  };
}

const SHAPES: readonly Partial<Mini>[] = [
  {},
  { layout: 'out-in', norms: 'parallel', cache: false },
  { gated: true, flat: true },
  { precision: 'float16', layout: 'out-in', norms: 'post' },
  { precision: 'bfloat16', layers: 3, keyNorm: true, gated: true },
];

describe('training a weight', () => {
  test.each(SHAPES)('gradients are the slopes of the loss: %j', async (shape) => {
    const decoder = await mini(shape);
    const layers = shape.layers === 3 ? [0, 2] : [1];
    const { gradients } = await measured(decoder, layers);
    const steepest = gradients[0]!.reduce((best, x, i) => (Math.abs(x) > Math.abs(gradients[0]![best]!) ? i : best), 0);
    const step = 1e-2;
    const [up, down] = await Promise.all(
      [step, -step].map(async (by) => {
        let first = true;
        const moved = (size: number) => {
          const at = new Float32Array(size);
          if (first) at[steepest] = by;
          first = false;
          return at;
        };
        return (await measured(decoder, layers, moved)).loss;
      }),
    );
    const slope = (up! - down!) / (2 * step);
    expect(Math.abs(slope - gradients[0]![steepest]!)).toBeLessThan(2e-2 * Math.abs(slope));
  });

  test.each([{}, { layout: 'out-in' as const }, { gated: true, flat: true }])(
    'texts are learned, and the change is what was learned: %j',
    async (shape) => {
      const decoder = await mini(shape);
      const before = (await measured(decoder, [1])).loss;
      const { weights, losses } = await train(decoder, TEXTS, SETTINGS, silent);
      const after = (await measured(withDelta(decoder, { weights }), [1])).loss;
      expect(after).toBeLessThan(0.7 * before);
      expect(losses.map((one) => one.length)).toEqual(TEXTS.map(() => losses[0]!.length));
      // The last pass measured each batch before its last step.
      expect(Math.abs(losses.reduce((sum, one) => sum + one.at(-1)!, 0) / TEXTS.length - after)).toBeLessThan(0.05 * after);
    },
  );

  test('the same seed goes through the texts in the same order', async () => {
    const decoder = await mini();
    const [one, again, other] = await Promise.all([4, 4, 5].map((seed) => train(decoder, TEXTS, { ...SETTINGS, epochs: 3, seed }, silent)));
    expect(again!.weights).toEqual(one!.weights);
    expect(other!.weights).not.toEqual(one!.weights);
  });

  test('gradients may be projected before each step', async () => {
    const decoder = await mini();
    const nothing = await train(decoder, TEXTS, { ...SETTINGS, epochs: 3 }, silent, (_, g) => Promise.resolve(g.map(() => 0)));
    const { right } = nothing.weights[0]!;
    expect(right).toEqual(matrix(right.rows, right.columns));
  });
});
