import type { Node } from '../onnx/graph.ts';
import type { Context } from './context.ts';

/** Writes the contribution to one input's cotangent and returns its name. */
export type Write = () => string;

/**
 * A derivative: from the cotangents of a node's outputs (undefined where none arrived; at least one did) to one writer for each input,
 * undefined where an input has no derivative. Only the writers that are needed are called. A cotangent has its value's shape and type.
 */
export type Rule = (node: Node, cotangents: readonly (string | undefined)[], context: Context) => readonly (Write | undefined)[];

/** What a rule for a single output works with: the operands a, b, …, the result y and its cotangent g. */
export interface Terms {
  readonly g: string;
  readonly y: string;
  readonly a: string;
  readonly b: string;
  readonly node: Node;
  readonly c: Context;
}

/** A rule for an operation with one output that matters, written as one term for each of its first inputs. */
export function rule(...terms: ((t: Terms) => string)[]): Rule {
  return (node, cotangents, c) => {
    const t = termsOf(node, cotangents, c);
    return t ? terms.map((term) => () => term(t)) : [];
  };
}

/** A rule for an operation whose inputs all play the same part; the term gets the input's index. */
export function variadic(term: (t: Terms, input: string, index: number) => string): Rule {
  return (node, cotangents, c) => {
    const t = termsOf(node, cotangents, c);
    return t ? node.inputs.map((input, i) => () => term(t, input, i)) : [];
  };
}

/** Undefined when a further output (a mask, a statistic) is what the seed depends on: no rule covers those. */
function termsOf(node: Node, [g, ...further]: readonly (string | undefined)[], c: Context): Terms | undefined {
  if (g === undefined || further.some((other) => other !== undefined)) return undefined;
  return { g, y: node.outputs[0]!, a: node.inputs[0]!, b: node.inputs[1] ?? '', node, c };
}

/** Reduces a term of the result's shape to the shape of the operand `x` that was broadcast. */
export function to(x: string, term: string, { c, y }: Terms): string {
  return c.sumTo(term, c.dims(y), c.dims(x));
}
