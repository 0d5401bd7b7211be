/** Passes over graphs: each a pure function in a file of its own. `analysisCopy` runs them all in order. */
export { analysisCopy } from './analysisCopy.ts';
export { constantsFromNodes } from './constantsFromNodes.ts';
export { everyRow } from './everyRow.ts';
export { expandComposites } from './expandComposites.ts';
export { inlineBranches } from './inlineBranches.ts';
export { inlineFunctions } from './inlineFunctions.ts';
export { prune } from './prune.ts';
export { raiseOpset } from './raiseOpset.ts';
export { slicesFromSequences } from './slicesFromSequences.ts';
export { upcast } from './upcast.ts';
