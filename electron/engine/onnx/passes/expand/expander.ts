import type { GraphBuilder } from '../../build.ts';
import type { Node } from '../../graph.ts';
import type { StaticType } from '../types.ts';

/** What an expander may use. */
export interface Expansion {
  readonly b: GraphBuilder;
  /** What is known of a value without running anything; see `staticTypes`. */
  type(name: string | undefined): StaticType;
}

/**
 * Builds standard ops that do what the node does; the node's outputs keep their names.
 * Returns false, having built anything or not, when it cannot: then the node stays.
 */
export type Expander = (node: Node, expansion: Expansion) => boolean;

/** The name of an optional input or output; undefined when left out. */
export function optional(names: readonly string[], index: number): string | undefined {
  return names[index] === '' ? undefined : names[index];
}
