import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { floatsToBytes } from '../electron/engine/onnx/floats.ts';
import { type GgufTensor, type GgufValue, writeGguf } from '../electron/engine/onnx/gguf.ts';
import { readModel } from '../electron/engine/onnx/read.ts';
import { tensorFloats } from '../electron/engine/onnx/tensors.ts';
import { ATLAS } from './atlas-checkpoint.ts';

type Quantisation = GgufTensor['type'];

/** The parts of a GPT-2 block as llama.cpp names them. Source: llama.cpp, gguf-py/tensor_mapping.py. */
const PARTS: Readonly<Record<string, string>> = {
  ln_1: 'attn_norm',
  'attn.c_attn': 'attn_qkv',
  'attn.c_proj': 'attn_output',
  ln_2: 'ffn_norm',
  'mlp.c_fc': 'ffn_up',
  'mlp.c_proj': 'ffn_down',
};
const WHOLE: Readonly<Record<string, string>> = { wte: 'token_embd', wpe: 'position_embd', ln_f: 'output_norm' };

/** Writes the built-in model as a GGUF file, its matrices in a type of ggml's. */
export function writeAtlasGguf(path: string, type: Quantisation): void {
  const model = readModel(join(ATLAS, 'model.onnx'));
  const tensors = new Map<string, GgufTensor>();
  for (const [name, tensor] of model.graph.constants) {
    const found = /^transformer\.(?:h\.(\d+)\.)?([\w.]+)\.(weight|bias)$/.exec(name);
    if (!found) continue;
    const [, layer, part, kind] = found as unknown as [string, string | undefined, string, string];
    const known = layer === undefined ? WHOLE[part] : PARTS[part];
    if (known === undefined) continue;
    const values = tensorFloats(model, tensor);
    const isTurned = layer !== undefined && tensor.dims.length === 2; // GPT-2 keeps [in, out], llama.cpp [out, in]
    const [dims, data] = isTurned ? [tensor.dims.toReversed(), turned(values, tensor.dims as [number, number])] : [tensor.dims, values];
    const made = { type: dims.length === 2 && part !== 'wpe' ? type : ('F32' as const), dims };
    const stored = { ...made, bytes: PACKED[made.type](data) };
    tensors.set(`${layer === undefined ? '' : `blk.${layer}.`}${known}.${kind}`, stored);
    if (part === 'wte') tensors.set('output.weight', stored);
  }
  writeFileSync(path, writeGguf(facts(), tensors));
}

function facts(): Map<string, GgufValue> {
  const read = (name: string) => JSON.parse(readFileSync(join(ATLAS, name), 'utf8')) as never;
  const config: Record<string, number> = read('config.json');
  const { model }: { model: { vocab: Record<string, number>; merges: string[][] } } = read('tokenizer.json');
  const tokens = Object.entries(model.vocab).sort(([, a], [, b]) => a - b);
  const count = (value: number): GgufValue => ({ type: 'uint32', value });
  const text = (value: string): GgufValue => ({ type: 'string', value });
  return new Map<string, GgufValue>([
    ['general.architecture', text('gpt2')],
    ['gpt2.block_count', count(config['n_layer']!)],
    ['gpt2.context_length', count(config['n_positions']!)],
    ['gpt2.embedding_length', count(config['n_embd']!)],
    ['gpt2.feed_forward_length', count(4 * config['n_embd']!)],
    ['gpt2.attention.head_count', count(config['n_head']!)],
    ['gpt2.attention.layer_norm_epsilon', { type: 'float32', value: config['layer_norm_epsilon']! }],
    ['tokenizer.ggml.model', text('gpt2')],
    ['tokenizer.ggml.pre', text('gpt-2')],
    ['tokenizer.ggml.tokens', { type: 'strings', value: tokens.map(([token]) => token) }],
    ['tokenizer.ggml.token_type', { type: 'int32s', value: tokens.map((_, i) => (i === 0 ? 3 : 1)) }],
    ['tokenizer.ggml.merges', { type: 'strings', value: model.merges.map((pair) => pair.join(' ')) }],
    ['tokenizer.ggml.bos_token_id', count(0)],
    ['tokenizer.ggml.eos_token_id', count(0)],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: false }],
  ]);
}

const BLOCK = 32;

/** Source: ggml, ggml-quants.c, quantize_row_q8_0_ref and quantize_row_q4_0_ref. */
const PACKED: Readonly<Record<Quantisation, (values: Float32Array) => Uint8Array>> = {
  F32: (values) => floatsToBytes(values, 'float32'),
  F16: (values) => floatsToBytes(values, 'float16'),
  Q8_0: (values) =>
    blocks(values, 2 + BLOCK, (block, out) => {
      const scale = block.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127;
      out.set(floatsToBytes(Float32Array.of(scale), 'float16'));
      block.forEach((x, i) => (out[2 + i] = scale === 0 ? 0 : Math.round(x / scale) & 0xff));
    }),
  Q4_0: (values) =>
    blocks(values, 2 + BLOCK / 2, (block, out) => {
      const furthest = block.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
      const scale = furthest / -8;
      out.set(floatsToBytes(Float32Array.of(scale), 'float16'));
      const level = (x: number) => (scale === 0 ? 8 : Math.min(15, Math.floor(x / scale + 8.5)));
      for (let i = 0; i < BLOCK / 2; i++) out[2 + i] = level(block[i]!) | (level(block[i + BLOCK / 2]!) << 4);
    }),
};

function blocks(values: Float32Array, size: number, pack: (block: Float32Array, out: Uint8Array) => void): Uint8Array {
  const out = new Uint8Array((values.length / BLOCK) * size);
  for (let at = 0, to = 0; at < values.length; at += BLOCK, to += size) pack(values.subarray(at, at + BLOCK), out.subarray(to, to + size));
  return out;
}

function turned(values: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  return Float32Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
}
