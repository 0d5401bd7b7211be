import { afterAll, describe, expect, test } from 'vitest';
import { tensorFloats } from '../../electron/engine/onnx/tensors.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { floats } from '../../electron/engine/runtime/session.ts';
import { Stage } from '../../electron/engine/decoder/stage.ts';
import { type Case, casesOf } from '../fixtures.ts';
import { apart, goldenOf, withDelta } from './golden.ts';

const cases = casesOf('exports');
const attained: string[] = [];

/** Half-precision graphs hold rounded weights; everything else must agree as float32 does. */
const toleranceOf = (dtype: string) => (dtype === 'float32' ? 1e-4 : 2e-2);

describe.skipIf(cases.length === 0)('exports', () => {
  afterAll(() => console.log(attained.join('\n')));
  test.each(cases)('$name', async ({ name, folder, model }: Case) => {
    const decoder = await Decoder.open(model);
    const golden = goldenOf(folder);
    const { anatomy } = decoder;
    const quantised = anatomy.layers.some((l) => l.mlp.down.quantised);
    expect(anatomy.warnings).toEqual([]);
    expect(anatomy.layers.length).toBeGreaterThan(golden.layer);
    for (const layer of anatomy.layers) {
      expect(layer.attention, 'attention found').toBeDefined();
      if (quantised) expect(layer.mlp.refusal?.reason).toMatch(/quantised/);
      else expect(layer.mlp.refusal).toBeUndefined();
    }
    const taps = anatomy.layers.flatMap((l) => [l.residual, l.mlp.key]);
    const clean = await (await Stage.create(decoder, undefined, [...taps, anatomy.logits], { optimize: 'all' })).run(golden.rows);
    const tolerance = toleranceOf(anatomy.layers[0]!.mlp.down.dtype);
    const line = [name];
    const hold = (what: string, found: Float32Array, expected: Float32Array, limit = tolerance) => {
      const { difference } = apart(found, expected, golden.real);
      line.push(`${what} ${difference.toExponential(1)}`);
      if (!quantised) expect(difference, what).toBeLessThan(limit);
      else expect(Number.isFinite(difference), what).toBe(true);
    };
    hold('logits', floats(clean, anatomy.logits), golden.floats('logits'));
    anatomy.layers.forEach((l, i) => {
      hold(`residual.${i}`, floats(clean, l.residual), golden.floats(`residual.${i}`));
      hold(`key.${i}`, floats(clean, l.mlp.key), golden.floats(`key.${i}`));
      if (!quantised) expect(sameWeight(decoder, i, golden.floats(`down.${i}`)), `down.${i}`).toBeLessThan(tolerance);
    });
    if (!quantised) {
      const { logits, gradient } = await withDelta(decoder, golden);
      hold('with delta', logits, golden.floats('logits_with_delta'));
      const g = apart(gradient, golden.floats('delta_gradient'), golden.real);
      line.push(`gradient ${(g.difference / g.size).toExponential(1)} relative`);
      expect(g.difference / g.size, 'delta_gradient').toBeLessThan(tolerance);
    }
    attained.push(line.join('  '));
  });
});

function sameWeight(decoder: Decoder, layer: number, expected: Float32Array): number {
  const { down } = decoder.anatomy.layers[layer]!.mlp;
  const w = tensorFloats(decoder.model, decoder.graph.constants.get(down.weight)!);
  let worst = 0;
  for (let f = 0; f < down.inWidth; f++)
    for (let d = 0; d < down.outWidth; d++) {
      const found = w[down.layout === 'in-out' ? f * down.outWidth + d : d * down.inWidth + f]!;
      worst = Math.max(worst, Math.abs(found - expected[f * down.outWidth + d]!));
    }
  return worst;
}
