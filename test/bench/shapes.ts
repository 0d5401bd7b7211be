import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { float, floatTensor, GraphBuilder } from '../../electron/engine/onnx/build.ts';
import type { Graph, Model, Value } from '../../electron/engine/onnx/graph.ts';
import { encodeModel } from '../../electron/engine/onnx/write.ts';
import { Random } from './random.ts';

/** Sizes of a GPT-2. */
export interface Shape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly vocabulary: number;
  readonly positions: number;
}

export const GPT2_SMALL: Shape = { layers: 12, width: 768, heads: 12, vocabulary: 50257, positions: 1024 };
export const TINY: Shape = { layers: 4, width: 256, heads: 4, vocabulary: 2000, positions: 128 };

const DATA = 'model.onnx_data';

/**
 * Writes a folder as optimum-cli writes GPT-2 with its cache: model.onnx, model.onnx_data, config.json, tokenizer.json.
 * Weights are random with GPT-2's initial scales (0.02; projections onto the residual 0.02/√(2·layers)), the same for the same seed.
 * @returns bytes of all weights
 */
export function writeModel(folder: string, shape: Shape, seed = 1): number {
  mkdirSync(folder, { recursive: true });
  const graph: Graph = { name: 'main_graph', inputs: [], outputs: [], nodes: [], constants: new Map() };
  const bytes = writeWeights(join(folder, DATA), graph, shape, new Random(seed));
  describeInputs(graph, shape);
  buildDecoder(graph, shape);
  const model: Model = {
    folder,
    file: 'model.onnx',
    irVersion: 8,
    opsets: new Map([['', 18]]),
    producer: 'pytorch',
    metadata: {},
    functions: [],
    graph,
  };
  writeFileSync(join(folder, 'model.onnx'), encodeModel(model));
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify(
      {
        model_type: 'gpt2',
        architectures: ['GPT2LMHeadModel'],
        activation_function: 'gelu_new',
        n_layer: shape.layers,
        n_embd: shape.width,
        n_head: shape.heads,
        n_positions: shape.positions,
        n_ctx: shape.positions,
        vocab_size: shape.vocabulary,
        bos_token_id: shape.vocabulary - 1,
        eos_token_id: shape.vocabulary - 1,
        tie_word_embeddings: true,
      },
      null,
      2,
    ),
  );
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerOf(shape.vocabulary)));
  return bytes;
}

/** All weights into one file, a few million bytes at a time. */
function writeWeights(path: string, graph: Graph, { layers, width, vocabulary, positions }: Shape, random: Random): number {
  const file = openSync(path, 'w');
  const buffer = new Float32Array(1 << 20);
  let offset = 0;
  const put = (name: string, dims: readonly number[], fill: (part: Float32Array) => void) => {
    const size = dims.reduce((a, d) => a * d, 1);
    for (let done = 0; done < size; done += buffer.length) {
      const part = buffer.subarray(0, Math.min(buffer.length, size - done));
      fill(part);
      writeSync(file, new Uint8Array(part.buffer, 0, part.byteLength));
    }
    graph.constants.set(name, { dtype: 'float32', dims, data: { kind: 'file', file: DATA, offset, length: 4 * size } });
    offset += 4 * size;
  };
  const normal = (name: string, dims: readonly number[], deviation: number) => put(name, dims, (part) => random.normals(part, deviation));
  const fixed = (name: string, value: number, size = width) => put(name, [size], (part) => part.fill(value));
  const norm = (name: string) => {
    fixed(`${name}.weight`, 1);
    fixed(`${name}.bias`, 0);
  };
  const linear = (name: string, inWidth: number, outWidth: number, deviation: number) => {
    normal(`${name}.weight`, [inWidth, outWidth], deviation);
    fixed(`${name}.bias`, 0, outWidth);
  };
  const ontoResidual = 0.02 / Math.sqrt(2 * layers);
  try {
    normal('transformer.wte.weight', [vocabulary, width], 0.02);
    normal('transformer.wpe.weight', [positions, width], 0.02);
    for (let i = 0; i < layers; i++) {
      const h = `transformer.h.${i}`;
      norm(`${h}.ln_1`);
      linear(`${h}.attn.c_attn`, width, 3 * width, 0.02);
      linear(`${h}.attn.c_proj`, width, width, ontoResidual);
      norm(`${h}.ln_2`);
      linear(`${h}.mlp.c_fc`, width, 4 * width, 0.02);
      linear(`${h}.mlp.c_proj`, 4 * width, width, ontoResidual);
    }
    norm('transformer.ln_f');
  } finally {
    closeSync(file);
  }
  return offset;
}

const [PAST, TOTAL] = ['past_sequence_length', 'past_sequence_length + sequence_length'];

function describeInputs(graph: Graph, { layers, width, heads, vocabulary }: Shape): void {
  const tokens = (name: string, length: string): Value => ({ name, dtype: 'int64', dims: ['batch_size', length] });
  const cache = (name: string, length: string): Value => ({ name, dtype: 'float32', dims: ['batch_size', heads, length, width / heads] });
  graph.inputs.push(tokens('input_ids', 'sequence_length'));
  graph.outputs.push({ name: 'logits', dtype: 'float32', dims: ['batch_size', 'sequence_length', vocabulary] });
  for (let i = 0; i < layers; i++) {
    for (const part of ['key', 'value']) {
      graph.inputs.push(cache(`past_key_values.${i}.${part}`, PAST));
      graph.outputs.push(cache(`present.${i}.${part}`, TOTAL));
    }
  }
  graph.inputs.push(tokens('attention_mask', TOTAL), tokens('position_ids', 'sequence_length'));
}

/** The nodes, operation for operation as the TorchScript exporter writes them, less its detours to compute shapes. */
function buildDecoder(graph: Graph, { layers, width, heads }: Shape): void {
  const b = new GraphBuilder(graph, 'gpt2');
  const headWidth = width / heads;
  const dim = (x: string, axis: number) => b.op('Gather', [b.op('Shape', [x]), b.int(axis)], { axis: 0 });
  const number = (x: number) => b.constant(floatTensor(Float32Array.of(x), []));
  const norm = (x: string, name: string) => b.op('LayerNormalization', [x, `${name}.weight`, `${name}.bias`], { axis: -1, epsilon: 1e-5 });
  const linear = (x: string, name: string, inWidth: number, outWidth: number) => {
    const leading = b.op('Slice', [b.op('Shape', [x]), b.ints([0]), b.ints([2]), b.ints([0])]);
    const product = b.op('Gemm', [b.op('Reshape', [x, b.ints([-1, inWidth])]), `${name}.weight`, `${name}.bias`], {
      alpha: float(1),
      beta: float(1),
    });
    return b.op('Reshape', [product, b.op('Concat', [leading, b.ints([outWidth])], { axis: 0 })]);
  };
  const split = (x: string) => b.op('Transpose', [b.op('Reshape', [x, b.ints([0, 0, heads, headWidth])])], { perm: [0, 2, 1, 3] });
  const geluTanh = (x: string) => {
    const cubic = b.op('Mul', [b.op('Pow', [x, number(3)]), number(0.044714998453855515)]);
    const bent = b.op('Tanh', [b.op('Mul', [b.op('Add', [x, cubic]), number(0.7978845834732056)])]);
    return b.op('Mul', [b.op('Mul', [x, number(0.5)]), b.op('Add', [bent, number(1)])]);
  };

  const past = dim('past_key_values.0.key', 2);
  const total = b.op('Add', [past, dim('input_ids', 1)]);
  const queries = b.op('Unsqueeze', [b.op('Range', [past, total, b.int(1)]), b.ints([1])]);
  const causal = b.op('LessOrEqual', [b.op('Range', [b.int(0), total, b.int(1)]), queries]);
  const real = b.op('Unsqueeze', [b.op('Cast', ['attention_mask'], { to: 9 }), b.ints([1, 2])]);
  const visible = b.op('And', [causal, real]);

  let x = b.op('Add', [
    b.op('Gather', ['transformer.wte.weight', 'input_ids']),
    b.op('Gather', ['transformer.wpe.weight', 'position_ids']),
  ]);
  for (let i = 0; i < layers; i++) {
    const h = `transformer.h.${i}`;
    const qkv = linear(norm(x, `${h}.ln_1`), `${h}.attn.c_attn`, width, 3 * width);
    const [q, k, v] = b.ops('Split', [qkv, b.ints([width, width, width])], 3, { axis: 2 });
    b.node('Concat', [`past_key_values.${i}.key`, split(k!)], [`present.${i}.key`], { axis: -2 });
    b.node('Concat', [`past_key_values.${i}.value`, split(v!)], [`present.${i}.value`], { axis: -2 });
    const scale = number(headWidth ** -0.25);
    const scores = b.op('MatMul', [
      b.op('Mul', [split(q!), scale]),
      b.op('Mul', [b.op('Transpose', [`present.${i}.key`], { perm: [0, 1, 3, 2] }), scale]),
    ]);
    const masked = b.op('Add', [scores, b.op('Where', [visible, number(0), number(-Infinity)])]);
    const weights = b.op('Softmax', [masked], { axis: -1 });
    const guarded = b.op('Where', [b.op('IsNaN', [weights]), number(0), weights]);
    const mixed = b.op('Transpose', [b.op('MatMul', [guarded, `present.${i}.value`])], { perm: [0, 2, 1, 3] });
    x = b.op('Add', [linear(b.op('Reshape', [mixed, b.ints([0, 0, width])]), `${h}.attn.c_proj`, width, width), x]);
    const key = geluTanh(linear(norm(x, `${h}.ln_2`), `${h}.mlp.c_fc`, width, 4 * width));
    x = b.op('Add', [x, linear(key, `${h}.mlp.c_proj`, 4 * width, width)]);
  }
  // Tied embedding: the head reads the same constant, transposed.
  b.node('MatMul', [norm(x, 'transformer.ln_f'), b.op('Transpose', ['transformer.wte.weight'], { perm: [1, 0] })], ['logits']);
  graph.nodes.push(...b.take());
}

/** A byte-level BPE without merges: one token a byte, then names that no text holds, then the end of text. */
function tokenizerOf(vocabulary: number): unknown {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const tokens: string[] = [];
  let shifted = 256;
  for (let byte = 0; byte < 256; byte++) tokens.push(String.fromCodePoint(printable(byte) ? byte : shifted++));
  while (tokens.length < vocabulary - 1) tokens.push(`<filler-${tokens.length}>`);
  const end = '<|endoftext|>';
  tokens.push(end);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: null,
    post_processor: null,
    added_tokens: [
      { id: vocabulary - 1, content: end, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    ],
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((t, i) => [t, i])),
      merges: [],
    },
  };
}
