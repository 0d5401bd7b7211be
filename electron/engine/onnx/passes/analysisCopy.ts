import type { Model } from '../graph.ts';
import { constantsFromNodes } from './constantsFromNodes.ts';
import { expandComposites } from './expandComposites.ts';
import { inlineBranches } from './inlineBranches.ts';
import { inlineFunctions } from './inlineFunctions.ts';
import { prune } from './prune.ts';
import { raiseOpset } from './raiseOpset.ts';
import { slicesFromSequences } from './slicesFromSequences.ts';
import { upcast } from './upcast.ts';

/**
 * The model as anatomy, taps, injections and autodiff see it: one flat graph of standard ops (opset ≥ 18) that computes in float32.
 * Weights, inputs, outputs and values keep their names and bytes; the imported model itself is not touched.
 * Three kinds of values go: casts between half precision and float32, what no output needs, and what only an If's other branch made.
 */
export function analysisCopy(model: Model): Model {
  const inlined = inlineFunctions(model);
  const flat = slicesFromSequences(inlineBranches(constantsFromNodes(inlined.graph)));
  const uniform = upcast(raiseOpset({ ...inlined, graph: flat }));
  return { ...uniform, graph: prune(expandComposites(uniform.graph)) };
}
