import { GraphBuilder } from '../build.ts';
import { copyGraph } from '../graph.ts';
import type { Graph } from '../graph.ts';
import { attention } from './expand/attention.ts';
import type { Expander } from './expand/expander.ts';
import { groupQueryAttention } from './expand/groupQueryAttention.ts';
import { multiHeadAttention } from './expand/multiHeadAttention.ts';
import { packedAttention } from './expand/packedAttention.ts';
import { contribRotaryEmbedding, rotaryEmbedding } from './expand/rotaryEmbedding.ts';
import { skipLayerNormalization, skipSimplifiedLayerNormalization } from './expand/skipNormalization.ts';
import { mapNodeSubgraphs } from './rename.ts';
import type { StaticType } from './types.ts';
import { staticTypes } from './types.ts';

/** Domain::op → what replaces it. Ops with a gradient rule of their own (norms, Gelu and the like, FusedMatMul) are not here. */
const EXPANDERS: ReadonlyMap<string, Expander> = new Map([
  ['::Attention', attention],
  ['::RotaryEmbedding', rotaryEmbedding],
  ['com.microsoft::Attention', packedAttention],
  ['com.microsoft::GroupQueryAttention', groupQueryAttention],
  ['com.microsoft::MultiHeadAttention', multiHeadAttention],
  ['com.microsoft::RotaryEmbedding', contribRotaryEmbedding],
  ['com.microsoft::SkipLayerNormalization', skipLayerNormalization],
  ['com.microsoft::SkipSimplifiedLayerNormalization', skipSimplifiedLayerNormalization],
]);

/**
 * Replaces composite ops by standard ones that compute the same; the values they made keep their names, new ones start with `expand/`.
 * Works on float32 graphs of opset 18 and higher. What cannot be expanded is left as it is.
 */
export function expandComposites(graph: Graph): Graph {
  return expand(graph, new Map(), 'expand');
}

function expand(graph: Graph, outer: ReadonlyMap<string, StaticType>, prefix: string): Graph {
  const out = copyGraph(graph);
  const b = new GraphBuilder(out, prefix);
  const types = staticTypes(graph, outer);
  const type = (name: string | undefined): StaticType => (name === undefined ? {} : (types.get(name) ?? {}));
  out.nodes = graph.nodes.flatMap((old) => {
    const node = mapNodeSubgraphs(old, (g) => expand(g, types, `${prefix}/${old.outputs[0]}/${g.name}`));
    const expander = EXPANDERS.get(`${node.domain}::${node.op}`);
    if (!expander) return [node];
    const expanded = expander(node, { b, type });
    const made = b.take();
    return expanded ? made : [node];
  });
  return out;
}
