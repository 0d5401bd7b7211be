import type { GraphBuilder } from '../../build.ts';
import { intAttribute } from '../../graph.ts';
import type { Node } from '../../graph.ts';
import type { Expander, Expansion } from './expander.ts';
import { optional } from './expander.ts';
import { countTo, mergeHeads, size, splitHeads } from './heads.ts';
import { rotate } from './rotate.ts';

/**
 * RotaryEmbedding(x, cos, sin, position_ids?) of opset 23. Without position_ids the tables are per position already; one row of them
 * then serves a larger batch, which the kernel refuses but exporters write.
 */
export const rotaryEmbedding: Expander = (node, expansion) => {
  const [x, cos, sin] = node.inputs as [string, string, string];
  const positions = optional(node.inputs, 3);
  // 3-D inputs must say their number of heads, 4-D ones may
  const heads = intAttribute(node, 'num_heads', 0);
  const rank = heads === 0 ? 4 : expansion.type(x).dims?.length;
  return rank !== undefined && embed(node, expansion, { x, cos, sin, positions, rank, heads });
};

/** com.microsoft RotaryEmbedding(x, position_ids, cos, sin); position_ids of shape [1] is where the first token stands. */
export const contribRotaryEmbedding: Expander = (node, expansion) => {
  if (intAttribute(node, 'is_packed_batching', 0) !== 0 || (node.attributes.scale?.value ?? 1) !== 1) return false;
  const { b, type } = expansion;
  const [x, at, cos, sin] = node.inputs as [string, string, string, string];
  const rank = type(x).dims?.length;
  const offset = type(at).dims?.length;
  if (rank === undefined || offset === undefined) return false;
  let heads = intAttribute(node, 'num_heads', 0);
  if (rank === 3 && heads === 0) {
    const [width, half] = [type(x).dims?.at(-1), type(cos).dims?.at(-1)];
    if (width === undefined || half === undefined) return false;
    heads = width / (2 * half);
  }
  const positions = offset === 1 ? b.op('Unsqueeze', [b.op('Add', [at, countTo(b, size(b, x, rank - 2))]), b.ints([0])]) : at;
  return embed(node, expansion, { x, cos, sin, positions, rank, heads });
};

interface Embedding {
  x: string;
  cos: string;
  sin: string;
  positions: string | undefined;
  rank: number;
  heads: number;
}

function embed(node: Node, { b }: Expansion, { x, cos, sin, positions, rank, heads }: Embedding): boolean {
  if (rank !== 3 && rank !== 4) return false;
  const table = (t: string): string => overHeads(b, positions === undefined ? t : b.op('Gather', [t, positions]));
  const width = intAttribute(node, 'rotary_embedding_dim', 0);
  const rotation = {
    cos: table(cos),
    sin: table(sin),
    width: width === 0 ? ('all' as const) : width,
    interleaved: intAttribute(node, 'interleaved', 0) === 1,
  };
  if (rank === 4) rotate(b, x, rotation, node.outputs[0]);
  else {
    const byHead = splitHeads(b, x, heads);
    mergeHeads(b, rotate(b, byHead, rotation), node.outputs[0]!);
  }
  return true;
}

/** [batch, length, half] → [batch, 1, length, half]; tables of [length, half] get their axis too. */
function overHeads(b: GraphBuilder, table: string): string {
  return b.op('Unsqueeze', [table, b.ints([-3])]);
}
