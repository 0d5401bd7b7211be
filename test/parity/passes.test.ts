import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { Model, Value } from '../../electron/engine/onnx/graph.ts';
import { analysisCopy } from '../../electron/engine/onnx/passes/index.ts';
import { readModel } from '../../electron/engine/onnx/read.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorFloats, tensorInts } from '../../electron/engine/onnx/tensors.ts';
import { casesOf } from '../fixtures.ts';
import type { Feeds } from '../unit/passes/run.ts';
import { run } from '../unit/passes/run.ts';

/** Exported decoders with what PyTorch computes for them; found, not listed. */
const EXPORTS = casesOf('exports');

describe.skipIf(EXPORTS.length === 0)('the analysis copy computes what PyTorch computes', () => {
  test.each(EXPORTS)('$name', async ({ folder, model: file }) => {
    const original = readModel(file);
    const before = original.graph.nodes.length;
    const model = analysisCopy(original);
    expect(original.graph.nodes).toHaveLength(before);

    const golden = goldenOf(folder);
    const logits = (await run(model, feedsFor(model, golden))).logits!;
    expect(logits.type).toBe('float32');
    expect(logits.dims).toEqual(golden.logits.dims);
    if (isQuantised(original)) {
      const own = (await run(original, feedsFor(original, golden))).logits!;
      expect(differenceWhere(golden, logits, own.data as Float32Array)).toBeLessThan(1e-4);
    } else {
      expect(differenceWhere(golden, logits)).toBeLessThan(usesHalf(original) ? 2e-2 : 1e-4);
    }
  });

  test.each(EXPORTS)('$name has no composite ops, constant nodes or halves', ({ model }) => {
    const { graph } = analysisCopy(readModel(model));
    const ops = new Set(graph.nodes.map((n) => `${n.domain}::${n.op}`));
    for (const op of ['::Attention', '::RotaryEmbedding', '::If', '::Constant', '::SequenceAt']) expect(ops).not.toContain(op);
    for (const op of ops) expect(op).toMatch(/^::|^com\.microsoft::(FusedMatMul|MatMulNBits|MatMulBnb4|Gelu|BiasGelu|FastGelu|QuickGelu)$/);
    for (const v of [...graph.inputs, ...graph.outputs]) expect(['float32', 'int64', 'int32']).toContain(v.dtype);
  });

  test.each(EXPORTS)('$name keeps the names of values that it still has', ({ model }) => {
    const original = readModel(model);
    const copy = analysisCopy(original);
    expect(copy.graph.outputs.map((o) => o.name)).toEqual(original.graph.outputs.map((o) => o.name));
    const known = new Set(original.graph.nodes.flatMap((n) => [...n.outputs, ...inBranches(n)]));
    const news = copy.graph.nodes.flatMap((n) => n.outputs).filter((o) => o !== '' && !known.has(o));
    for (const name of news) expect(name).toMatch(/^(expand|opset18|slice|upcast)\//);
    for (const [name, tensor] of original.graph.constants) {
      if (copy.graph.constants.has(name)) expect(copy.graph.constants.get(name)).toBe(tensor);
    }
  });
});

function inBranches(node: Model['graph']['nodes'][number]): string[] {
  return Object.values(node.attributes).flatMap((a) => (a.type === 'graph' ? a.value.nodes.flatMap((n) => n.outputs) : []));
}

/** Such a model differs from PyTorch by its quantisation, so it is held against itself. */
function isQuantised(model: Model): boolean {
  return model.graph.nodes.some((n) => ['MatMulNBits', 'MatMulBnb4', 'MatMulInteger', 'DequantizeLinear'].includes(n.op));
}

function usesHalf(model: Model): boolean {
  return [...model.graph.constants.values()].some((t) => t.dtype === 'float16' || t.dtype === 'bfloat16');
}

interface Golden {
  ids: number[];
  mask: number[];
  positions: number[];
  batch: number;
  length: number;
  logits: { dims: readonly number[]; values: Float32Array };
  /** Size of a head where the graph does not say. */
  headSize: number;
}

function goldenOf(folder: string): Golden {
  const file = readSafetensors(join(folder, 'golden.safetensors'));
  const get = (name: string) => file.tensors.get(name)!;
  const [batch, length] = get('input_ids').dims as [number, number];
  const genai = join(folder, 'genai_config.json');
  const headSize = existsSync(genai)
    ? (JSON.parse(readFileSync(genai, 'utf8')) as { model: { decoder: { head_size: number } } }).model.decoder.head_size
    : 0;
  return {
    ids: tensorInts(file, get('input_ids')),
    mask: tensorInts(file, get('attention_mask')),
    positions: tensorInts(file, get('position_ids')),
    batch,
    length,
    logits: { dims: get('logits').dims, values: tensorFloats(file, get('logits')) },
    headSize,
  };
}

/** Feeds by type and rank: names may lie (optimum with dynamo permutes them). */
function feedsFor(model: Model, golden: Golden): Feeds {
  return Object.fromEntries(model.graph.inputs.map((input) => [input.name, feedFor(input, golden)]));
}

function feedFor(input: Value, golden: Golden): ort.Tensor {
  const dims = input.dims ?? [];
  if (input.dtype === 'float32') {
    const shape = dims.map((d, i) =>
      i === 0 ? golden.batch : typeof d === 'number' ? d : /past|seq|len/.test(String(d)) ? 0 : golden.headSize,
    );
    return new ort.Tensor('float32', new Float32Array(0), shape);
  }
  const past = /past|total/.test(String(dims[1]));
  const values = input.name === 'input_ids' ? golden.ids : past || input.name.includes('mask') ? golden.mask : golden.positions;
  return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [golden.batch, golden.length]);
}

/** Largest difference from the golden logits, or from others, at positions that the mask counts. */
function differenceWhere(golden: Golden, logits: ort.Tensor, wanted = golden.logits.values): number {
  const found = logits.data as Float32Array;
  const vocabulary = golden.logits.dims[2]!;
  let most = 0;
  golden.mask.forEach((real, position) => {
    for (let i = position * vocabulary; real === 1 && i < (position + 1) * vocabulary; i++) {
      const d = Math.abs(found[i]! - wanted[i]!);
      most = d <= most ? most : Number.isNaN(d) ? Infinity : d;
    }
  });
  return most;
}
