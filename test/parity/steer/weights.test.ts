import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { Stage } from '../../../electron/engine/decoder/stage.ts';
import { withDelta } from '../../../electron/engine/edit/delta.ts';
import { tensorFloats } from '../../../electron/engine/onnx/tensors.ts';
import { rightPad } from '../../../electron/engine/runtime/inputs.ts';
import { floats } from '../../../electron/engine/runtime/session.ts';
import { steered } from '../../../electron/engine/steer/apply.ts';
import { contrastLogits } from '../../../electron/engine/steer/contrast.ts';
import { ablationParts } from '../../../electron/engine/steer/methods/ablation.ts';
import { hiddenState } from '../../../electron/engine/steer/states.ts';
import { orthogonalised } from '../../../electron/engine/steer/writers.ts';
import type { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { Golden, ids, logitsOf, name, one, steerCases } from './cases.ts';

const Spec = v.object({
  tied: v.boolean(),
  contrast: v.optional(
    v.array(
      v.object({
        prompt: ids,
        positive: ids,
        negative: ids,
        alpha: v.number(),
        contrast_tokens: v.number(),
        blocks: v.array(v.number()),
        logits: name,
      }),
    ),
    [],
  ),
  ablation: v.optional(
    v.object({
      direction: name,
      prompt: ids,
      logits: name,
      left_in_residual: v.array(v.number()),
      published: v.object({ logits: name, left_in_residual: v.array(v.number()) }),
      head_kept: v.nullable(v.object({ logits: name })),
      runtime: v.object({ logits: name }),
    }),
  ),
});

const cases = steerCases();
const said: string[] = [];

describe.skipIf(cases.length === 0)('contrast vectors and directional ablation', () => {
  afterAll(() => console.log(said.join('\n')));
  test.each(cases)('$name', async (case_) => {
    const golden = await Golden.open(case_);
    const { decoder } = golden;
    const { tied, contrast, ablation } = v.parse(Spec, golden.json);
    for (const one_ of contrast) {
      const tokens = Math.abs(one_.contrast_tokens);
      golden.hold('contrast', await contrastLogits(decoder, { ...one_, tokens }), golden.floats(one_.logits));
    }
    if (ablation) {
      const direction = golden.floats(ablation.direction);
      const { prompt } = ablation;
      const without = (biases: boolean, keepsHead: boolean) =>
        withDelta(decoder, { weights: [], others: orthogonalised(decoder, direction, { biases, keepsHead }) });
      const whole = without(true, false);
      golden.hold('ablation', await logitsOf(whole, prompt), golden.floats(ablation.logits));
      const published = without(false, false);
      golden.hold('ablation as published', await logitsOf(published, prompt), golden.floats(ablation.published.logits));
      // What the writers leave of the direction; where blocks norm what they wrote, they leave much.
      const left = await leftIn(whole, direction, prompt);
      left.forEach((x, layer) => {
        const wanted = ablation.left_in_residual[layer]!;
        if (wanted < 1e-5) expect(x).toBeLessThan(1e-5);
        else golden.hold('left in residual', [x], [wanted]);
      });
      golden.hold('left as published', await leftIn(published, direction, prompt), ablation.published.left_in_residual);
      if (tied && ablation.head_kept) {
        golden.hold('ablation, head kept', await logitsOf(without(true, true), prompt), golden.floats(ablation.head_kept.logits));
      }
      const parts = ablationParts(decoder.anatomy, 'direction');
      const steering = { intervention: { parts }, vectors: new Map([['direction', one(direction)]]) };
      golden.hold('ablation at run time', await logitsOf(steered(decoder, steering), prompt), golden.floats(ablation.runtime.logits));
      holdWeights(golden, whole);
    }
    said.push(`${case_.name}: ${golden.said()}`);
  });
});

/** The most of the direction, at length 1, in any token in front of each block. */
async function leftIn(decoder: Decoder, direction: Float32Array, prompt: readonly number[]): Promise<number[]> {
  const names = decoder.anatomy.layers.map((_, layer) => hiddenState(decoder, layer));
  const stage = await Stage.create(decoder, undefined, names, { prepack: false });
  const result = await stage.run(rightPad([prompt]));
  await stage.release();
  const length = Math.hypot(...direction);
  return names.map((value) => {
    const states = floats(result, value);
    const tokens = Array.from({ length: prompt.length }, (_, at) => states.subarray(at * direction.length, (at + 1) * direction.length));
    return Math.max(...tokens.map((h) => Math.abs(h.reduce((sum, x, i) => sum + (x * direction[i]!) / length, 0))));
  });
}

/** The stored weights are y = x·W, [in, out]. */
function holdWeights(golden: Golden, decoder: Decoder): void {
  const { layers } = decoder.anatomy;
  for (const layer of [0, layers.length - 1]) {
    const { attention, mlp } = layers[layer]!;
    for (const [stored, linear] of [
      [`ablation/out.${layer}`, attention!.projection],
      [`ablation/down.${layer}`, mlp.down],
    ] as const) {
      const found = tensorFloats(decoder.model, decoder.graph.constants.get(linear.weight)!);
      const { inWidth, outWidth } = linear;
      const turned =
        linear.layout === 'in-out'
          ? found
          : Float32Array.from({ length: found.length }, (_, i) => found[(i % outWidth) * inWidth + Math.floor(i / outWidth)]!);
      golden.hold('orthogonalised weights', turned, golden.floats(stored));
    }
  }
}
