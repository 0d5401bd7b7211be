import { execFile } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { readSource } from '../../electron/engine/architectures/source.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { Generator } from '../../electron/engine/decoder/generate.ts';
import { keyCovariance } from '../../electron/engine/edit/covariance.ts';
import { findTargets } from '../../electron/engine/edit/target.ts';
import { floatsToBytes, type FloatType } from '../../electron/engine/onnx/floats.ts';
import type { Model, Node, Tensor } from '../../electron/engine/onnx/graph.ts';
import { graphFile } from '../../electron/engine/onnx/model-folder.ts';
import { tensorFloats } from '../../electron/engine/onnx/tensors.ts';
import { encodeModel } from '../../electron/engine/onnx/write.ts';
import { silent } from '../../shared/progress.ts';
import { processor, timed } from './clock.ts';
import { makeFacts, makeTexts } from './facts.ts';
import { Random } from './random.ts';
import type { Table } from './table.ts';

const FLAG = '--checkpoint-in-child';

type Dims = Readonly<Record<string, readonly number[]>>;
interface Plan {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly dims: Dims;
  readonly layers: readonly number[];
  readonly vocabulary: number;
}

/** GPT-2's tensors. */
function gpt2(name: string, layers: number, width: number, heads: number, vocabulary: number): Plan {
  const dims: Record<string, number[]> = { 'wte.weight': [vocabulary, width], 'wpe.weight': [1024, width] };
  const pair = (at: string, weight: number[]) => Object.assign(dims, { [`${at}.weight`]: weight, [`${at}.bias`]: weight.slice(-1) });
  pair('ln_f', [width]);
  for (let i = 0; i < layers; i++) {
    pair(`h.${i}.ln_1`, [width]);
    pair(`h.${i}.ln_2`, [width]);
    pair(`h.${i}.attn.c_attn`, [width, 3 * width]);
    pair(`h.${i}.attn.c_proj`, [width, width]);
    pair(`h.${i}.mlp.c_fc`, [width, 4 * width]);
    pair(`h.${i}.mlp.c_proj`, [4 * width, width]);
  }
  const config = { model_type: 'gpt2', n_layer: layers, n_embd: width, n_head: heads, vocab_size: vocabulary };
  return { name, config, dims, layers: [layers >> 2, (layers >> 2) + 1], vocabulary };
}

/** Qwen 2's tensors. */
function qwen2(name: string, layers: number, width: number, inner: number, [heads, keyHeads]: [number, number], vocabulary: number): Plan {
  const keys = (width / heads) * keyHeads;
  const dims: Record<string, number[]> = { 'model.embed_tokens.weight': [vocabulary, width], 'model.norm.weight': [width] };
  for (let i = 0; i < layers; i++) {
    const put = (part: string, size: number[]) => (dims[`model.layers.${i}.${part}`] = size);
    put('input_layernorm.weight', [width]);
    put('post_attention_layernorm.weight', [width]);
    for (const [part, out] of [
      ['q', width],
      ['k', keys],
      ['v', keys],
    ] as const) {
      put(`self_attn.${part}_proj.weight`, [out, width]);
      put(`self_attn.${part}_proj.bias`, [out]);
    }
    put('self_attn.o_proj.weight', [width, width]);
    put('mlp.gate_proj.weight', [inner, width]);
    put('mlp.up_proj.weight', [inner, width]);
    put('mlp.down_proj.weight', [width, inner]);
  }
  const sizes = { num_hidden_layers: layers, hidden_size: width, intermediate_size: inner, vocab_size: vocabulary };
  const config = { model_type: 'qwen2', ...sizes, num_attention_heads: heads, num_key_value_heads: keyHeads, tie_word_embeddings: true };
  return { name, config, dims, layers: [layers >> 2, (layers >> 2) + 1], vocabulary };
}

const FULL = [gpt2('GPT-2 small', 12, 768, 12, 50257), qwen2('Qwen 2.5 0.5B', 24, 896, 4864, [14, 2], 151936)];
const QUICK = [gpt2('a small GPT-2', 3, 64, 4, 2000), qwen2('a small Qwen 2', 3, 64, 96, [4, 2], 2000)];

/** Opening, asking and editing a checkpoint beside the ONNX export of the same weights, each in a process of its own, in turns. */
export async function measureCheckpoints(table: Table, isQuick: boolean, script: string): Promise<void> {
  for (const plan of isQuick ? QUICK : FULL) {
    const folder = mkdtempSync(join(tmpdir(), 'emend-bench-'));
    try {
      const bytes = writeCheckpoint(join(folder, 'checkpoint'), plan, 'float32');
      writeCheckpoint(join(folder, 'bfloat16'), plan, 'bfloat16');
      writeExport(readSource(graphFile(join(folder, 'checkpoint'))), join(folder, 'export'));
      console.log(`${plan.name}, random weights, ${(bytes / 1e6).toFixed(0)} MB; one thread, processor time, best of 2\n`);
      const kinds = ['export', 'checkpoint', 'bfloat16'] as const;
      const found = new Map<string, Measures>();
      for (let turn = 0; turn < (isQuick ? 1 : 2); turn++)
        for (const kind of kinds) found.set(kind, better(found.get(kind), await inChild(join(folder, kind), plan, script)));
      for (const [key, what] of Object.entries(WHAT) as [keyof Measures, string][]) {
        const [own, other, half] = kinds.map((kind) => found.get(kind)![key]) as [number, number, number];
        const shown = (x: number) => (key === 'memory' ? `${(x / 1e6).toFixed(0)} MB` : `${(1000 * x).toFixed(0)} ms`);
        const isLimited = key !== 'memory' && key !== 'open';
        const limit =
          key === 'memory' ? { limit: '≤ 1.3 × the weights', holds: other <= 1.3 * bytes } : { limit: '≤ 1.1', holds: other <= 1.1 * own };
        const row = `export ${shown(own)}, checkpoint ${shown(other)} (${(other / own).toFixed(2)} ×), bfloat16 ${shown(half)}`;
        table.row(`${plan.name}: ${what}`, row, isQuick || !(isLimited || key === 'memory') ? undefined : limit);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

const MeasuresSchema = v.object({ open: v.number(), prompt: v.number(), token: v.number(), edit: v.number(), memory: v.number() });
type Measures = v.InferOutput<typeof MeasuresSchema>;
const WHAT: Readonly<Record<keyof Measures, string>> = {
  open: 'open',
  prompt: 'a prompt of 64 tokens',
  token: 'each further token of a long answer',
  edit: 'a MEMIT target, keys of 256 tokens',
  memory: 'resident while asked, more than before',
};

function better(a: Measures | undefined, b: Measures): Measures {
  if (a === undefined) return b;
  return Object.fromEntries(Object.entries(b).map(([key, value]) => [key, Math.min(value, a[key as keyof Measures])])) as Measures;
}

async function inChild(folder: string, { layers, vocabulary }: Plan, script: string): Promise<Measures> {
  const job = JSON.stringify({ folder, layers, vocabulary });
  const { stdout } = await promisify(execFile)(process.execPath, [script, FLAG, job]);
  return v.parse(MeasuresSchema, JSON.parse(stdout));
}

/** The child's part. @returns whether this process is one */
export async function runCheckpointChild(args: readonly string[]): Promise<boolean> {
  if (args[0] !== FLAG) return false;
  const Job = v.object({ folder: v.string(), layers: v.array(v.number()), vocabulary: v.number() });
  const { folder, layers, vocabulary } = v.parse(Job, JSON.parse(args[1] ?? '{}'));
  const before = residentBytes();
  const opened = await timed(processor, () => Decoder.open(graphFile(folder), { threads: 1 }));
  const decoder = opened.value;
  const random = new Random(3);
  const row = Array.from({ length: 64 }, () => random.whole(1, vocabulary - 1));
  const sampling = { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };
  const asking = (generator: Generator, maxTokens: number) =>
    timed(processor, () => generator.continue([row], { maxTokens, sampling })).then(({ seconds }) => seconds);
  // As the engine asks: for long answers weights are repacked once, for a few tokens they are used as they lie.
  const long = await Generator.create(decoder);
  const times = { one: Infinity, many: Infinity };
  for (let turn = 0; turn < 3; turn++) {
    times.one = Math.min(times.one, await asking(long, 1));
    times.many = Math.min(times.many, await asking(long, 33));
  }
  const memory = residentBytes() - before;
  await long.release();
  const short = await Generator.create(decoder, { prepack: false });
  await asking(short, 1);
  const prompt = Math.min(await asking(short, 1), await asking(short, 1));
  await short.release();
  const settings = {
    layers,
    covarianceWeight: 15000,
    steps: 20,
    learningRate: 0.5,
    weightDecay: 0.5,
    klFactor: 0.0625,
    clamp: 0.75,
    stopBelow: 0,
  };
  const edit = await timed(processor, async () => {
    const facts = makeFacts(1, vocabulary);
    await findTargets(decoder, { kind: 'residual', layer: layers.at(-1)! }, facts, settings, silent);
    await keyCovariance(decoder, layers, makeTexts(256, 128, vocabulary), silent);
  });
  console.log(JSON.stringify({ open: opened.seconds, prompt, token: (times.many - times.one) / 32, edit: edit.seconds, memory }));
  return true;
}

/** What the process holds in memory now, pages of mapped files included. */
function residentBytes(): number {
  return process.memoryUsage().rss;
}

/** Random weights in one safetensors file, written piece by piece. @returns bytes of the weights as float32 */
function writeCheckpoint(folder: string, { config, dims }: Plan, dtype: FloatType): number {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const width = dtype === 'float32' ? 4 : 2;
  const header: Record<string, object> = {};
  let offset = 0;
  let total = 0;
  for (const [name, shape] of Object.entries(dims)) {
    const size = shape.reduce((a, d) => a * d, 1);
    header[name] = { dtype: dtype === 'float32' ? 'F32' : 'BF16', shape, data_offsets: [offset, offset + width * size] };
    offset += width * size;
    total += 4 * size;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(padded.length));
  const file = openSync(join(folder, 'model.safetensors'), 'w');
  try {
    writeSync(file, start);
    writeSync(file, padded);
    const random = new Random(1);
    const piece = new Float32Array(1 << 20);
    for (const [name, shape] of Object.entries(dims)) {
      const size = shape.reduce((a, d) => a * d, 1);
      for (let done = 0; done < size; done += piece.length) {
        const part = piece.subarray(0, Math.min(piece.length, size - done));
        if (/(ln_\w+|norm)\.weight$/.test(name)) part.fill(1);
        else if (name.endsWith('.bias')) part.fill(0);
        else random.normals(part, 0.02);
        writeSync(file, floatsToBytes(part, dtype));
      }
    }
  } finally {
    closeSync(file);
  }
  return total;
}

/** The same model as exporters write it: products with weights [in, out], those that lie the other way written anew. */
function writeExport(model: Model, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), readFileSync(join(model.folder, 'config.json')));
  const file = openSync(join(folder, 'model.onnx_data'), 'w');
  const constants = new Map<string, Tensor>();
  let offset = 0;
  const put = (name: string, dims: readonly number[], values: Float32Array) => {
    for (let at = 0; at < values.length; at += 1 << 24) {
      const part = values.subarray(at, at + (1 << 24));
      writeSync(file, new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    }
    constants.set(name, { dtype: 'float32', dims, data: { kind: 'file', file: 'model.onnx_data', offset, length: 4 * values.length } });
    offset += 4 * values.length;
  };
  try {
    const turned = new Set(model.graph.nodes.flatMap((node) => (node.op === 'FusedMatMul' ? [node.inputs[1]!] : [])));
    const plain = new Set(model.graph.nodes.flatMap((node) => (node.op === 'FusedMatMul' ? node.inputs.slice(0, 1) : node.inputs)));
    for (const [name, tensor] of model.graph.constants) {
      if (tensor.data.kind === 'bytes') {
        constants.set(name, tensor);
        continue;
      }
      const values = tensorFloats(model, tensor);
      if (plain.has(name)) put(name, tensor.dims, values);
      if (turned.has(name)) put(`${name}.turned`, tensor.dims.toReversed(), transposed(values, tensor.dims as [number, number]));
    }
  } finally {
    closeSync(file);
  }
  const nodes = model.graph.nodes.map((node): Node => {
    if (node.op !== 'FusedMatMul') return node;
    return { ...node, op: 'MatMul', domain: '', inputs: [node.inputs[0]!, `${node.inputs[1]}.turned`], attributes: {} };
  });
  writeFileSync(join(folder, 'model.onnx'), encodeModel({ ...model, folder, graph: { ...model.graph, nodes, constants } }));
}

function transposed(values: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
  return out;
}
