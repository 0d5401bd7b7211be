import { type Model, reads } from '../graph.ts';
import { constantsFromNodes } from './constantsFromNodes.ts';
import { expandComposites } from './expandComposites.ts';
import { branchWithoutPast, branchWithPast, inlineBranches } from './inlineBranches.ts';
import { inlineFunctions } from './inlineFunctions.ts';
import { prune } from './prune.ts';
import { raiseOpset } from './raiseOpset.ts';
import { slicesFromSequences } from './slicesFromSequences.ts';
import { upcast } from './upcast.ts';

/**
 * The model as anatomy, taps, injections and autodiff see it: one flat graph of standard ops (opset ≥ 18) that computes in float32.
 * Weights, inputs, outputs and values keep their names and bytes; the imported model itself is not touched.
 * Three kinds of values go: casts between half precision and float32, what no output needs, and what only an If's other branch made.
 * @param which branch of a graph with two, of which one goes on from a cache ('past') and one begins ('prompt')
 */
export function analysisCopy(model: Model, which: 'past' | 'prompt' = 'past'): Model {
  const inlined = inlineFunctions(model);
  const flat = slicesFromSequences(
    inlineBranches(constantsFromNodes(inlined.graph), which === 'past' ? branchWithPast : branchWithoutPast),
  );
  const uniform = upcast(raiseOpset({ ...inlined, graph: flat }));
  const graph = prune(expandComposites(uniform.graph));
  if (which === 'past') return { ...uniform, graph };
  const read = new Set(graph.nodes.flatMap(reads));
  return { ...uniform, graph: { ...graph, inputs: graph.inputs.filter(({ name }) => read.has(name)) } };
}
