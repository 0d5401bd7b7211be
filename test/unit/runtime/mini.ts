import { floatTensor, GraphBuilder, memoryTensor } from '../../../electron/engine/onnx/build.ts';
import { codeOf } from '../../../electron/engine/onnx/dtypes.ts';
import type { Graph, Model, Value } from '../../../electron/engine/onnx/graph.ts';
import { floatsToBytes } from '../../../electron/engine/onnx/tensors.ts';
import { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { Random } from '../../../electron/engine/runtime/sampling.ts';
import { save, temporaryFolder } from '../onnx/models.ts';

/** What a small decoder is like. The defaults make a GPT-2 of two layers with a cache. */
export interface Mini {
  readonly layers: number;
  readonly width: number;
  readonly inner: number;
  readonly heads: number;
  readonly vocabulary: number;
  readonly seed: number;
  readonly cache: boolean;
  /** pre: x + f(norm x); parallel: x + attention(n) + mlp(n); post: norm(x + f(x)); branch: x + norm(f(x)). */
  readonly norms: 'pre' | 'parallel' | 'post' | 'branch';
  readonly gated: boolean;
  /** The hidden state is [batch·length, width], as in OPT. */
  readonly flat: boolean;
  /** Width of the embeddings and of the head; another than `width` adds projections between (OPT-350m). */
  readonly embeddingWidth: number;
  /** How the down-projection lies in the file, and in which precision. */
  readonly layout: 'in-out' | 'out-in';
  readonly precision: 'float32' | 'float16' | 'bfloat16';
  /** Down-projections per layer, all added up. */
  readonly experts: number;
  /** All layers use the first one's down-projection. */
  readonly sharedDown: boolean;
  /** 'none' leaves the feed-forward part out; 'moe' puts a fused mixture in its place. */
  readonly mlp: 'dense' | 'none' | 'moe';
  /** What stands behind the unembedding. */
  readonly head: 'plain' | 'softcap' | 'rotated' | 'none';
  readonly mask: boolean;
  /** 'all' leaves the causal mask out. */
  readonly sees: 'before' | 'all';
  /** 'last' gives one row for a text, that of its last token; 'mean' one for all of it. */
  readonly rows: 'all' | 'last' | 'mean';
  /** An input of token types; 'used' ones change what the model says. */
  readonly tokenTypes: 'none' | 'unused' | 'used';
  /** A norm between the gated product and the down-projection (BitNet). */
  readonly keyNorm: boolean;
  /** 'stale' goes on from its cache as if all of it were one position further. */
  readonly continues: 'right' | 'stale';
  /** Weights lie in Constant nodes. */
  readonly inNodes: boolean;
  /** Puts other names on the inputs. */
  readonly names: Readonly<Record<string, string>>;
}

const GPT2: Mini = {
  layers: 2,
  width: 8,
  inner: 12,
  heads: 2,
  vocabulary: 23,
  seed: 1,
  cache: true,
  norms: 'pre',
  gated: false,
  flat: false,
  embeddingWidth: 8,
  layout: 'in-out',
  precision: 'float32',
  experts: 1,
  sharedDown: false,
  mlp: 'dense',
  head: 'plain',
  mask: true,
  sees: 'before',
  rows: 'all',
  tokenTypes: 'none',
  keyNorm: false,
  continues: 'right',
  inNodes: false,
  names: {},
};

/** Most tokens that a small decoder can take. */
export const POSITIONS = 32;

/** The graph of a small decoder with random weights. */
export function miniModel(choices: Partial<Mini> = {}): Model {
  const graph: Graph = { name: 'mini', inputs: [], outputs: [], nodes: [], constants: new Map() };
  new Writer(graph, { ...GPT2, embeddingWidth: choices.width ?? GPT2.width, ...choices }).write();
  return {
    folder: '',
    file: 'model.onnx',
    irVersion: 8,
    opsets: new Map([
      ['', 18],
      ['com.microsoft', 1],
    ]),
    producer: 'test',
    metadata: {},
    functions: [],
    graph,
  };
}

/** A small decoder, written to a folder (removed after the tests) and opened as an imported model is. */
export function mini(choices: Partial<Mini> = {}): Promise<Decoder> {
  return openModel(miniModel(choices));
}

/** Any graph, written and opened the same way. */
export function openModel(model: Model): Promise<Decoder> {
  return Decoder.open(save({ ...model, folder: temporaryFolder() }), { threads: 1 });
}

/** Token rows of the given lengths. */
export function tokenRows(lengths: readonly number[], vocabulary = GPT2.vocabulary, seed = 5): number[][] {
  const random = new Random(seed);
  return lengths.map((n) => Array.from({ length: n }, () => 1 + Math.floor(random.next() * (vocabulary - 1))));
}

class Writer {
  private readonly graph: Graph;
  private readonly b: GraphBuilder;
  private readonly m: Mini;
  private readonly random: Random;

  constructor(graph: Graph, mini: Mini) {
    this.graph = graph;
    this.m = mini;
    this.random = new Random(mini.seed);
    this.b = new GraphBuilder(graph, 'm');
  }

  write(): void {
    const { m, b } = this;
    const name = (plain: string) => m.names[plain] ?? plain;
    const tokens = (plain: string, length: string): Value => ({ name: name(plain), dtype: 'int64', dims: ['batch', length] });
    const headWidth = m.width / m.heads;
    const [ids, mask, positions] = [name('input_ids'), name('attention_mask'), name('position_ids')];
    this.graph.inputs.push(tokens('input_ids', 'length'));
    if (m.mask) this.graph.inputs.push(tokens('attention_mask', m.cache ? 'past + length' : 'length'));
    this.graph.inputs.push(tokens('position_ids', 'length'));
    if (m.tokenTypes !== 'none') this.graph.inputs.push(tokens('token_type_ids', 'length'));
    this.graph.outputs.push({ name: 'logits', dtype: 'float32', dims: ['batch', 'length', m.vocabulary] });
    for (let i = 0; m.cache && i < m.layers; i++) {
      for (const part of ['key', 'value']) {
        this.graph.inputs.push({
          name: name(`past_key_values.${i}.${part}`),
          dtype: 'float32',
          dims: ['batch', m.heads, 'past', headWidth],
        });
        this.graph.outputs.push({ name: `present.${i}.${part}`, dtype: 'float32', dims: ['batch', m.heads, 'past + length', headWidth] });
      }
    }

    const table = this.weight('embedding', [m.vocabulary, m.embeddingWidth], 0.7);
    let x = b.op('Gather', [table, ids]);
    if (m.embeddingWidth !== m.width) x = b.op('MatMul', [x, this.weight('project_in', [m.embeddingWidth, m.width])]);
    x = b.op('Add', [x, b.op('Gather', [this.weight('positions', [POSITIONS, m.width], 0.2), positions])]);
    if (m.tokenTypes === 'used') x = b.op('Add', [x, b.op('Gather', [this.weight('types', [2, m.width], 0.7), name('token_type_ids')])]);
    const size = b.op('Shape', [ids]);
    const shapeOf = (...rest: number[]) => b.op('Concat', [size, b.ints(rest)], { axis: 0 });
    if (m.flat) x = b.op('Reshape', [x, b.ints([-1, m.width])]);
    const visible = this.visible(ids, mask, name('past_key_values.0.key'));

    let shared: string | undefined;
    for (let i = 0; i < m.layers; i++) {
      const attention = (from: string) => {
        const split = (part: string) =>
          b.op('Transpose', [b.op('Reshape', [this.linear(from, `${i}.${part}`, m.width, m.width), shapeOf(m.heads, headWidth)])], {
            perm: [0, 2, 1, 3],
          });
        const continued = (part: string, now: string) => {
          if (!m.cache) return now;
          const past = name(`past_key_values.${i}.${part}`);
          b.node('Concat', [m.continues === 'right' ? past : b.op('Mul', [past, b.scalar(0.5)]), now], [`present.${i}.${part}`], {
            axis: 2,
          });
          return `present.${i}.${part}`;
        };
        const [q, k, v] = [split('q'), continued('key', split('k')), continued('value', split('v'))];
        const scores = b.op('Mul', [b.op('MatMul', [q, b.op('Transpose', [k], { perm: [0, 1, 3, 2] })]), b.scalar(headWidth ** -0.5)]);
        const weights = b.op('Softmax', [b.op('Add', [scores, visible])], { axis: -1 });
        const mixed = b.op('Transpose', [b.op('MatMul', [weights, v])], { perm: [0, 2, 1, 3] });
        return this.linear(b.op('Reshape', [mixed, m.flat ? b.ints([-1, m.width]) : shapeOf(m.width)]), `${i}.o`, m.width, m.width);
      };
      const expert = (from: string, at: string) => {
        const up = this.linear(from, `${at}.up`, m.width, m.inner);
        const key = m.gated
          ? b.op('Mul', [b.op('Mul', [up, b.op('Sigmoid', [up])]), this.linear(from, `${at}.gate`, m.width, m.inner)])
          : b.op('Tanh', [up]);
        const normed = m.keyNorm ? this.norm(key, `${at}.key.norm`, m.inner) : key;
        const down = shared ?? this.down(`${at}.down`);
        if (m.sharedDown) shared = down;
        return this.biased(b.op('MatMul', [normed, down]), `${at}.down.bias`, m.width);
      };
      const feedForward = (from: string) => {
        const parts = Array.from({ length: m.experts }, (_, e) => expert(from, `${i}.${e}`));
        return parts.reduce((sum, part) => b.op('Add', [sum, part]));
      };
      if (m.norms === 'parallel') {
        const normed = this.norm(x, `${i}.norm`);
        x = b.op('Add', [b.op('Add', [attention(normed), feedForward(normed)]), x]);
        continue;
      }
      for (const [part, of] of [
        ['attention', attention],
        ['mlp', feedForward],
      ] as const) {
        if (part === 'mlp' && m.mlp === 'none') continue;
        if (part === 'mlp' && m.mlp === 'moe') {
          x = b.op('Add', [x, b.op('MoE', [x], {}, 'com.microsoft')]);
          continue;
        }
        const at = `${i}.${part}.norm`;
        if (m.norms === 'pre') x = b.op('Add', [x, of(this.norm(x, at))]);
        else if (m.norms === 'post') x = this.norm(b.op('Add', [x, of(x)]), at);
        else x = b.op('Add', [x, this.norm(of(x), at)]);
      }
    }
    this.head(m.norms === 'post' ? x : this.norm(x, 'last'), shapeOf);
    this.graph.nodes.push(...b.take());
    if (m.inNodes) this.toNodes();
  }

  /** Matrices as the values of nodes, which some exporters write. */
  private toNodes(): void {
    for (const [name, tensor] of [...this.graph.constants]) {
      if (tensor.dims.length < 2) continue;
      this.graph.constants.delete(name);
      const value = { type: 'tensor' as const, value: tensor };
      this.graph.nodes.unshift({
        name: `constant ${name}`,
        op: 'Constant',
        domain: '',
        inputs: [],
        outputs: [name],
        attributes: { value },
      });
    }
  }

  private head(x: string, shapeOf: (...rest: number[]) => string): void {
    const { b, m } = this;
    const rows = {
      all: () => x,
      last: () => b.op('Gather', [x, b.ints([-1])], { axis: m.flat ? 0 : 1 }),
      mean: () => b.op('ReduceMean', [x, b.ints([1])]),
    };
    let at = rows[m.rows]();
    if (m.embeddingWidth !== m.width) at = b.op('MatMul', [at, this.weight('project_out', [m.width, m.embeddingWidth])]);
    if (m.head === 'none') {
      this.graph.outputs[0] = { name: 'hidden', dtype: 'float32', dims: ['batch', 'length', m.width] };
      b.node('Identity', [at], ['hidden']);
      return;
    }
    at = this.biased(b.op('MatMul', [at, this.weight('head', [m.embeddingWidth, m.vocabulary])]), 'head.bias', m.vocabulary);
    if (m.head === 'softcap') at = b.op('Mul', [b.op('Tanh', [b.op('Div', [at, b.scalar(2)])]), b.scalar(2)]);
    // Something that is not known to work row by row.
    if (m.head === 'rotated')
      at = b.op('Transpose', [b.op('Transpose', [at], { perm: m.flat ? [1, 0] : [2, 0, 1] })], { perm: m.flat ? [1, 0] : [1, 2, 0] });
    if (m.flat) b.node('Reshape', [at, shapeOf(m.vocabulary)], ['logits']);
    else b.node('Identity', [at], ['logits']);
  }

  /** 0 where a query may look, −∞ elsewhere, [batch, 1, length, past + length]. */
  private visible(ids: string, mask: string, past: string): string {
    const { b, m } = this;
    const dim = (x: string, axis: number) => b.op('Squeeze', [b.op('Shape', [x], { start: axis, end: axis + 1 })]);
    const before = m.cache ? dim(past, 2) : b.int(0);
    const total = b.op('Add', [before, dim(ids, 1)]);
    const queries = b.op('Unsqueeze', [b.op('Range', [before, total, b.int(1)]), b.ints([1])]);
    const limit = m.sees === 'before' ? queries : b.op('Add', [queries, total]);
    let may = b.op('LessOrEqual', [b.op('Range', [b.int(0), total, b.int(1)]), limit]);
    if (m.mask) may = b.op('And', [may, b.op('Unsqueeze', [b.op('Cast', [mask], { to: codeOf('bool')! }), b.ints([1, 2])])]);
    return b.op('Where', [may, b.scalar(0), b.scalar(-1e30)]);
  }

  private linear(from: string, name: string, inWidth: number, outWidth: number): string {
    return this.biased(this.b.op('MatMul', [from, this.weight(name, [inWidth, outWidth])]), `${name}.bias`, outWidth);
  }

  private biased(product: string, name: string, width: number): string {
    return this.b.op('Add', [product, this.weight(name, [width], 0.1)]);
  }

  private norm(x: string, name: string, width = this.m.width): string {
    return this.b.op('LayerNormalization', [x, this.weight(`${name}.gain`, [width], 1), this.weight(`${name}.bias`, [width], 0.1)], {
      axis: -1,
    });
  }

  /** The down-projection as [inner, width], however it is stored. */
  private down(name: string): string {
    const { b, m } = this;
    const dims = m.layout === 'in-out' ? [m.inner, m.width] : [m.width, m.inner];
    let at = this.weight(name, dims);
    if (m.precision !== 'float32') {
      const values = this.values(dims, 0.5);
      this.graph.constants.set(at, memoryTensor(m.precision, dims, floatsToBytes(values, m.precision)));
      at = b.op('Cast', [at], { to: codeOf('float32')! });
    }
    return m.layout === 'in-out' ? at : b.op('Transpose', [at], { perm: [1, 0] });
  }

  private weight(name: string, dims: readonly number[], deviation = 0.5): string {
    this.graph.constants.set(name, floatTensor(this.values(dims, deviation), dims));
    return name;
  }

  private values(dims: readonly number[], deviation: number): Float32Array {
    const size = dims.reduce((a, d) => a * d, 1);
    return Float32Array.from({ length: size }, () => deviation * 2 * (this.random.next() + this.random.next() - 1));
  }
}
