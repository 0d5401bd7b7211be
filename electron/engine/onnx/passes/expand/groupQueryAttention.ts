import type { GraphBuilder } from '../../build.ts';
import { codeOf } from '../../dtypes.ts';
import { floatAttribute, intAttribute, stringAttribute } from '../../graph.ts';
import type { Node } from '../../graph.ts';
import type { Expander, Expansion } from './expander.ts';
import { optional } from './expander.ts';
import { attend, countTo, headsFirst, mergeHeads, normalize, repeatHeads, size, splitHeads } from './heads.ts';
import { rotate } from './rotate.ts';

const INT64 = codeOf('int64')!;

/**
 * com.microsoft GroupQueryAttention as ONNX Runtime's CPU kernel computes it (onnxruntime/contrib_ops/cpu/bert/gqa_attention_base.h):
 * causal attention over a cache whose rows are padded on the right. Left alone: attention sinks, smooth softmax, quantised caches,
 * attention that is not causal, the scores as fourth output.
 */
export const groupQueryAttention: Expander = (node, expansion) => {
  if (isBeyondUs(node)) return false;
  const { b } = expansion;
  const [pastKey, pastValue] = [optional(node.inputs, 3), optional(node.inputs, 4)];
  const counts = { queries: intAttribute(node, 'num_heads', 0), keys: intAttribute(node, 'kv_num_heads', 0) };

  const { q: newQ, k: newK, v } = projections(node, b, counts.queries, counts.keys);
  let [q, k] = [newQ, newK];
  const [qWeight, kWeight] = [optional(node.inputs, 14), optional(node.inputs, 15)];
  const epsilon = floatAttribute(node, 'qk_norm_epsilon', 1e-6);
  if (qWeight !== undefined) q = normalize(b, q, qWeight, epsilon);
  if (kWeight !== undefined) k = normalize(b, k, kWeight, epsilon);

  const places = placesOf(node, b, q, pastKey);
  if (intAttribute(node, 'do_rotary', 0) === 1) {
    const positions = optional(node.inputs, 9) ?? places.queries;
    const table = (index: number): string => b.op('Unsqueeze', [b.op('Gather', [node.inputs[index]!, positions]), b.ints([1])]);
    const interleaved = intAttribute(node, 'rotary_interleaved', 0) === 1;
    const rotation = { cos: table(7), sin: table(8), width: turnsAll(node, expansion, counts.queries + 2 * counts.keys), interleaved };
    q = rotate(b, q, rotation);
    k = rotate(b, k, rotation);
  }

  const present = (past: string | undefined, now: string, index: number): string => {
    const all = past === undefined ? now : b.op('Concat', [past, now], { axis: 2 });
    const name = optional(node.outputs, index);
    if (name !== undefined) cache(b, all, past, places, name);
    return all;
  };
  const [keys, values] = [present(pastKey, k, 1), present(pastValue, v, 2)];

  const bias = optional(node.inputs, 10);
  const context = attend(b, {
    q,
    k: repeatHeads(b, keys, q, counts),
    v: repeatHeads(b, values, q, counts),
    scale: floatAttribute(node, 'scale', 0),
    softcap: floatAttribute(node, 'softcap', 0),
    add: bias === undefined ? [] : [bias],
    allow: [visible(node, b, places)],
  });
  mergeHeads(b, context, node.outputs[0]!);
  return true;
};

function isBeyondUs(node: Node): boolean {
  return (
    [11, 12, 13].some((i) => optional(node.inputs, i) !== undefined) || // sinks, scales of a quantised cache
    optional(node.outputs, 3) !== undefined ||
    intAttribute(node, 'smooth_softmax', 0) === 1 ||
    intAttribute(node, 'causal', 1) === 0 ||
    [stringAttribute(node, 'k_quant_type', 'NONE'), stringAttribute(node, 'v_quant_type', 'NONE')].some((t) => t !== 'NONE')
  );
}

/** Queries, keys and values, heads first; from three inputs or packed into one. */
function projections(node: Node, b: GraphBuilder, heads: number, kvHeads: number): { q: string; k: string; v: string } {
  const [query, key, value] = [node.inputs[0]!, optional(node.inputs, 1), optional(node.inputs, 2)];
  if (key !== undefined && value !== undefined) {
    return { q: splitHeads(b, query, heads), k: splitHeads(b, key, kvHeads), v: splitHeads(b, value, kvHeads) };
  }
  const packed = b.op('Reshape', [query, b.ints([0, 0, heads + 2 * kvHeads, -1])]);
  const [q, k, v] = b.ops('Split', [packed, b.ints([heads, kvHeads, kvHeads])], 3, { axis: 2 }) as [string, string, string];
  return { q: headsFirst(b, q), k: headsFirst(b, k), v: headsFirst(b, v) };
}

interface Places {
  /** How many cached tokens each row has: int64 [batch or 1, 1]. */
  past: string;
  /** Place of each new token in its row's sequence: int64 [batch or 1, length]. */
  queries: string;
  /** Place of each key, the cached ones first; those that a row does not have are nowhere: int64 [batch or 1, total]. */
  keys: string;
  /** Length of the longest sequence: int64 [1]. */
  total: string;
}

/** A place that no query reaches. */
const NOWHERE = 2 ** 40;

/**
 * A single new token stands where its row's sequence ends (`seqlens_k` is that length − 1). Several new tokens follow
 * `total_sequence_length` − length cached ones in every row; their padding is on the right, where causality hides it.
 */
function placesOf(node: Node, b: GraphBuilder, q: string, pastKey: string | undefined): Places {
  const length = size(b, q, 2);
  const whole = (name: string, shape: readonly number[]): string => b.op('Reshape', [b.op('Cast', [name], { to: INT64 }), b.ints(shape)]);
  const total = whole(node.inputs[6]!, [1]);
  const oneToken = b.op('Equal', [length, b.ints([1])]);
  const past = b.op('Where', [oneToken, whole(node.inputs[5]!, [-1, 1]), b.op('Sub', [total, length])]);
  const queries = b.op('Add', [past, b.op('Unsqueeze', [countTo(b, length), b.ints([0])])]);
  if (pastKey === undefined) return { past, queries, keys: queries, total };
  const slots = b.op('Unsqueeze', [countTo(b, size(b, pastKey, 2)), b.ints([0])]);
  const cached = b.op('Where', [b.op('Less', [slots, past]), slots, b.int(NOWHERE)]);
  return { past, queries, keys: b.op('Concat', [cached, queries], { axis: 1 }), total };
}

/** Which keys each query sees: booleans [batch or 1, 1, length, total]. */
function visible(node: Node, b: GraphBuilder, places: Places): string {
  const keys = b.op('Unsqueeze', [places.keys, b.ints([1, 2])]);
  const queries = b.op('Unsqueeze', [places.queries, b.ints([1, 3])]);
  const before = b.op('LessOrEqual', [keys, queries]);
  const window = intAttribute(node, 'local_window_size', -1);
  return window > 0 ? b.op('And', [before, b.op('Greater', [keys, b.op('Sub', [queries, b.int(window)])])]) : before;
}

/** The cache to return: each row's sequence without a gap between its cached and its new tokens. */
function cache(b: GraphBuilder, all: string, past: string | undefined, places: Places, output: string): void {
  if (past === undefined) {
    b.node('Identity', [all], [output]);
    return;
  }
  const slots = size(b, past, 2);
  const room = b.op('Unsqueeze', [countTo(b, b.op('Max', [slots, places.total])), b.ints([0])]);
  const fresh = b.op('Add', [b.op('Sub', [room, places.past]), slots]);
  const last = b.op('Sub', [size(b, all, 2), b.ints([1])]);
  const source = b.op('Where', [b.op('Less', [room, places.past]), room, b.op('Min', [fresh, last])]);
  const shape = b.op('Concat', [b.op('Shape', [all], { start: 0, end: 2 }), b.ints([1, 1])], { axis: 0 });
  const perHead = b.op('Expand', [b.op('Unsqueeze', [source, b.ints([1, 3])]), shape]);
  b.node('GatherND', [all, perHead], [output], { batch_dims: 2 });
}

/** Whether rotation covers the whole head; where that is not known, the tables tell when it runs. */
function turnsAll(node: Node, { type }: Expansion, packedHeads: number): 'all' | 'from tables' | number {
  const half = type(node.inputs[7]).dims?.at(-1);
  const width = type(node.inputs[0]).dims?.at(-1);
  if (half === undefined) return 'from tables';
  const heads = optional(node.inputs, 1) === undefined ? packedHeads : intAttribute(node, 'num_heads', 0);
  return width !== undefined && width / heads === 2 * half ? 'all' : 2 * half;
}
