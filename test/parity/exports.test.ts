import { afterAll, describe, expect, test } from 'vitest';
import { lossGradient } from '../../electron/engine/autodiff/gradient.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorFloats, tensorInts } from '../../electron/engine/onnx/tensors.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { rightPad, type Rows } from '../../electron/engine/runtime/inputs.ts';
import { floatFeed, floats, intFeed } from '../../electron/engine/runtime/session.ts';
import { indicesFor, isFlat, Stage } from '../../electron/engine/decoder/stage.ts';
import { extend, inject, slice, value } from '../../electron/engine/runtime/surgery.ts';
import { type Case, casesOf } from '../fixtures.ts';

const cases = casesOf('exports');
const attained: string[] = [];

/** Half-precision graphs hold rounded weights; everything else must agree as float32 does. */
const toleranceOf = (dtype: string) => (dtype === 'float32' ? 1e-4 : 2e-2);

interface Golden {
  readonly rows: Rows;
  readonly floats: (name: string) => Float32Array;
  readonly layer: number;
  readonly real: boolean[];
}

function goldenOf(folder: string): Golden {
  const { tensors, metadata, ...home } = readSafetensors(`${folder}/golden.safetensors`);
  const get = (name: string) => tensors.get(name)!;
  const [batch, length] = get('input_ids').dims as [number, number];
  const ids = tensorInts(home, get('input_ids'));
  const mask = tensorInts(home, get('attention_mask'));
  const lengths = Array.from({ length: batch }, (_, b) => mask.slice(b * length, (b + 1) * length).reduce((a, m) => a + m, 0));
  const rows = rightPad(lengths.map((n, b) => ids.slice(b * length, b * length + n)));
  return {
    rows,
    floats: (name) => tensorFloats(home, get(name)),
    layer: Number(metadata['delta_after_layer'] ?? 0),
    real: mask.map((m) => m === 1),
  };
}

/** Largest difference at real positions, and the largest value there. */
function apart(a: Float32Array, b: Float32Array, real: readonly boolean[]): { difference: number; size: number } {
  const width = b.length / real.length;
  let difference = a.length === b.length ? 0 : Infinity;
  let size = 0;
  real.forEach((isReal, p) => {
    if (!isReal) return;
    for (let i = p * width; i < (p + 1) * width; i++) {
      const d = Math.abs(a[i]! - b[i]!);
      difference = Number.isNaN(d) ? Infinity : Math.max(difference, d);
      size = Math.max(size, Math.abs(b[i]!));
    }
  });
  return { difference, size };
}

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

/** Adds the golden delta after its layer; loss = Σ logits ∘ cotangent. */
async function withDelta(decoder: Decoder, golden: Golden): Promise<{ logits: Float32Array; gradient: Float32Array }> {
  const { anatomy } = decoder;
  const site = anatomy.layers[golden.layer]!.residual;
  const injected = inject(decoder.graph, site, { positions: 'test.positions', vectors: 'test.delta' });
  const { graph, made } = extend(injected.graph, 'test', (b) =>
    b.op('ReduceSum', [b.op('Mul', [anatomy.logits, 'test.cotangent'])], { keepdims: 0 }),
  );
  graph.inputs.push(value('test.cotangent', 'float32', ['b', 's', anatomy.vocabulary]));
  const shapes = new Map(decoder.shapes);
  shapes.set(injected.before, decoder.shapes.get(site)!);
  shapes.set('test.delta', { dtype: 'float32', dims: [null, anatomy.hiddenSize] });
  const product = graph.nodes.find((n) => n.inputs[1] === 'test.cotangent')!.outputs[0]!;
  for (const like of ['test.cotangent', product]) shapes.set(like, decoder.shapes.get(anatomy.logits)!);
  shapes.set(made, { dtype: 'float32', dims: [] });
  const gradient = lossGradient(graph, made, ['test.delta'], shapes).get('test.delta')!;
  const session = await decoder.session(slice(graph, [anatomy.logits, gradient]));
  const { batch, length } = golden.rows;
  const places = Array.from({ length: batch * length }, (_, i) => ({ row: Math.floor(i / length), token: i % length }));
  const indices = indicesFor(isFlat(decoder, site), length, places);
  // The loss reads real positions only.
  const cotangent = golden.floats('cotangent').slice();
  const result = await Stage.of(decoder, session, []).run(golden.rows, {
    'test.positions': intFeed(indices.data, indices.dims),
    'test.delta': floatFeed(golden.floats('delta'), [batch * length, anatomy.hiddenSize]),
    'test.cotangent': floatFeed(cotangent, [batch, length, anatomy.vocabulary]),
  });
  return { logits: floats(result, anatomy.logits), gradient: floats(result, gradient) };
}
