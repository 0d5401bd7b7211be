import { floatAttribute, intAttribute } from '../../graph.ts';
import type { Expander } from './expander.ts';
import { optional } from './expander.ts';
import { attend, causalMask, mergeHeads, repeatHeads, size, splitHeads, withPast } from './heads.ts';

/**
 * Attention(q, k, v, mask?, past_key?, past_value?) → y, present_key?, present_value? of opsets 23 and 24.
 * The mask comes after the soft cap, as in ONNX Runtime and the corrected text of the operator. Left alone: the scores as fourth output,
 * `nonpad_kv_seqlen`, inputs of unknown rank, masks of unknown type.
 */
export const attention: Expander = (node, { b, type }) => {
  const [query, key, value] = node.inputs as [string, string, string];
  const [mask, pastKey, pastValue] = [3, 4, 5].map((i) => optional(node.inputs, i));
  if (optional(node.inputs, 6) !== undefined || optional(node.outputs, 3) !== undefined) return false;
  const heads = intAttribute(node, 'q_num_heads', 0);
  const kvHeads = intAttribute(node, 'kv_num_heads', 0);
  // 3-D inputs must say their number of heads, 4-D ones may
  const rank = heads === 0 ? 4 : type(query).dims?.length;
  if (rank === undefined) return false;

  const [q, newK, newV] =
    rank === 3 ? [splitHeads(b, query, heads), splitHeads(b, key, kvHeads), splitHeads(b, value, kvHeads)] : [query, key, value];
  const k = withPast(b, pastKey, newK, optional(node.outputs, 1));
  const v = withPast(b, pastValue, newV, optional(node.outputs, 2));

  const parts = {
    q,
    k,
    v,
    scale: floatAttribute(node, 'scale', 0),
    softcap: floatAttribute(node, 'softcap', 0),
    add: [] as string[],
    allow: [] as string[],
  };
  if (mask !== undefined) {
    const maskType = type(mask).dtype;
    if (maskType === undefined) return false;
    (maskType === 'bool' ? parts.allow : parts.add).push(mask);
  }
  if (intAttribute(node, 'is_causal', 0) === 1) {
    parts.allow.push(causalMask(b, q, k, pastKey === undefined ? undefined : size(b, pastKey, 2)));
  }

  const counts = rank === 3 ? { queries: heads, keys: kvHeads } : { queries: type(query).dims?.[1], keys: type(key).dims?.[1] };
  parts.k = repeatHeads(b, k, q, counts);
  parts.v = repeatHeads(b, v, q, counts);

  const y = node.outputs[0]!;
  if (rank === 3) mergeHeads(b, attend(b, parts), y);
  else attend(b, parts, y);
  return true;
};
