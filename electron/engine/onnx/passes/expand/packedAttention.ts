import { floatAttribute, intAttribute, intsAttribute } from '../../graph.ts';
import type { Expander } from './expander.ts';
import { optional } from './expander.ts';
import { attend, causalMask, mergeHeads, PADDING_AXES, paddingBias, size, splitHeads, withPast } from './heads.ts';

/**
 * com.microsoft Attention(input, weights, bias?, mask?, past?, attention_bias?): the fused attention of GPT-2-like models, projection
 * included.
 * past and present are [2, batch, heads, length, size]. Left alone: rotation, shared buffers, lengths instead of masks.
 */
export const packedAttention: Expander = (node, { b, type }) => {
  const [input, weights] = node.inputs as [string, string];
  const [bias, mask, past, attentionBias] = [2, 3, 4, 5].map((i) => optional(node.inputs, i));
  if (optional(node.inputs, 6) !== undefined) return false;
  if (intAttribute(node, 'do_rotary', 0) !== 0 || intAttribute(node, 'past_present_share_buffer', 0) !== 0) return false;
  const axes = mask === undefined ? [] : PADDING_AXES[type(mask).dims?.length ?? 0];
  if (axes === undefined) return false;

  const heads = intAttribute(node, 'num_heads', 0);
  const product = b.op('MatMul', [input, weights]);
  const packed = bias === undefined ? product : b.op('Add', [product, bias]);
  const sizes = intsAttribute(node, 'qkv_hidden_sizes');
  const parts = sizes
    ? b.ops('Split', [packed, b.ints(sizes)], 3, { axis: -1 })
    : b.ops('Split', [packed], 3, { axis: -1, num_outputs: 3 });
  const [q, newK, newV] = parts.map((part) => splitHeads(b, part, heads)) as [string, string, string];

  const first = b.ints([0]);
  const [pastKey, pastValue] =
    past === undefined ? [] : b.ops('Split', [past], 2, { axis: 0, num_outputs: 2 }).map((half) => b.op('Squeeze', [half, first]));
  const [k, v] = [withPast(b, pastKey, newK, undefined), withPast(b, pastValue, newV, undefined)];
  const present = optional(node.outputs, 1);
  if (present !== undefined) b.node('Concat', [b.op('Unsqueeze', [k, first]), b.op('Unsqueeze', [v, first])], [present], { axis: 0 });

  const filter = floatAttribute(node, 'mask_filter_value', -10000);
  const add = [
    ...(mask === undefined ? [] : [paddingBias(b, mask, axes, filter)]),
    ...(attentionBias === undefined ? [] : [attentionBias]),
  ];
  const offset = pastKey === undefined ? undefined : size(b, pastKey, 2);
  const allow = intAttribute(node, 'unidirectional', 0) === 1 ? [causalMask(b, q, k, offset)] : [];
  mergeHeads(b, attend(b, { q, k, v, scale: floatAttribute(node, 'scale', 0), add, allow }), node.outputs[0]!);
  return true;
};
