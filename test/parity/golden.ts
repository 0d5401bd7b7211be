import { lossGradient } from '../../electron/engine/autodiff/gradient.ts';
import type { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { indicesFor, isFlat, Stage } from '../../electron/engine/decoder/stage.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorFloats, tensorInts } from '../../electron/engine/onnx/tensors.ts';
import { rightPad, type Rows } from '../../electron/engine/runtime/inputs.ts';
import { floatFeed, floats, intFeed } from '../../electron/engine/runtime/session.ts';
import { extend, inject, slice, value } from '../../electron/engine/runtime/surgery.ts';

/** What PyTorch computed for a fixture. */
export interface Golden {
  readonly rows: Rows;
  /** The real tokens of each row. */
  readonly ids: readonly (readonly number[])[];
  readonly floats: (name: string) => Float32Array;
  readonly ints: (name: string) => number[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly layer: number;
  readonly real: boolean[];
}

/** Reads the golden file of a folder. */
export function goldenOf(folder: string): Golden {
  const { tensors, metadata, ...home } = readSafetensors(`${folder}/golden.safetensors`);
  const get = (name: string) => tensors.get(name)!;
  const [batch, length] = get('input_ids').dims as [number, number];
  const ids = tensorInts(home, get('input_ids'));
  const mask = tensorInts(home, get('attention_mask'));
  const lengths = Array.from({ length: batch }, (_, b) => mask.slice(b * length, (b + 1) * length).reduce((a, m) => a + m, 0));
  const real = lengths.map((n, b) => ids.slice(b * length, b * length + n));
  return {
    rows: rightPad(real),
    ids: real,
    floats: (name) => tensorFloats(home, get(name)),
    ints: (name) => tensorInts(home, get(name)),
    metadata,
    layer: Number(metadata['delta_after_layer'] ?? 0),
    real: mask.map((m) => m === 1),
  };
}

/** Largest difference at real positions, and the largest value there. */
export function apart(a: Float32Array, b: Float32Array, real: readonly boolean[]): { difference: number; size: number } {
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

/** Adds the golden delta after its layer; loss = Σ logits ∘ cotangent. */
export async function withDelta(decoder: Decoder, golden: Golden): Promise<{ logits: Float32Array; gradient: Float32Array }> {
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
