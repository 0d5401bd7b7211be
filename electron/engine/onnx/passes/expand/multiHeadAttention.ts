import type { GraphBuilder } from '../../build.ts';
import { floatAttribute, intAttribute } from '../../graph.ts';
import type { Expander } from './expander.ts';
import { optional } from './expander.ts';
import { attend, causalMask, mergeHeads, PADDING_AXES, paddingBias, size, splitHeads, withPast } from './heads.ts';

/**
 * com.microsoft MultiHeadAttention(query, key, value, bias?, key_padding_mask?, attention_bias?, past_key?, past_value?) with 3-D inputs.
 * Left alone: packed inputs, lengths instead of masks, beams and shared buffers, the scores as fourth output.
 */
export const multiHeadAttention: Expander = (node, { b, type }) => {
  const [query, key, value] = [0, 1, 2].map((i) => optional(node.inputs, i));
  if (query === undefined || key === undefined || value === undefined) return false;
  if ([query, key, value].some((x) => type(x).dims?.length !== 3)) return false;
  if ([8, 9].some((i) => optional(node.inputs, i) !== undefined) || optional(node.outputs, 3) !== undefined) return false;
  const padding = optional(node.inputs, 4);
  const axes = padding === undefined ? [] : PADDING_AXES[type(padding).dims?.length ?? 0];
  if (axes === undefined) return false;

  const heads = intAttribute(node, 'num_heads', 0);
  const biases = biasOf(b, optional(node.inputs, 3), query, key);
  const [q, newK, newV] = [query, key, value].map((x, i) => {
    const bias = biases[i];
    return splitHeads(b, bias === undefined ? x : b.op('Add', [x, bias]), heads);
  }) as [string, string, string];
  const [pastKey, pastValue] = [optional(node.inputs, 6), optional(node.inputs, 7)];
  const k = withPast(b, pastKey, newK, optional(node.outputs, 1));
  const v = withPast(b, pastValue, newV, optional(node.outputs, 2));

  const attentionBias = optional(node.inputs, 5);
  const filter = floatAttribute(node, 'mask_filter_value', -10000);
  const add = [
    ...(padding === undefined ? [] : [paddingBias(b, padding, axes, filter)]),
    ...(attentionBias === undefined ? [] : [attentionBias]),
  ];
  const offset = pastKey === undefined ? undefined : size(b, pastKey, 2);
  const allow = intAttribute(node, 'unidirectional', 0) === 1 ? [causalMask(b, q, k, offset)] : [];
  mergeHeads(b, attend(b, { q, k, v, scale: floatAttribute(node, 'scale', 0), add, allow }), node.outputs[0]!);
  return true;
};

/** The bias of queries, keys and values, which are one vector. */
function biasOf(b: GraphBuilder, bias: string | undefined, query: string, key: string): string[] {
  if (bias === undefined) return [];
  const first = size(b, query, 2);
  const second = b.op('Add', [first, size(b, key, 2)]);
  const part = (from: string, to: string): string => b.op('Slice', [bias, from, to, b.ints([0])]);
  return [part(b.ints([0]), first), part(first, second), part(second, b.ints([Number.MAX_SAFE_INTEGER]))];
}
