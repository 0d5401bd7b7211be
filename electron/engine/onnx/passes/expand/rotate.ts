import type { GraphBuilder } from '../../build.ts';
import { size } from './heads.ts';

export interface Rotation {
  /** Cosines and sines, broadcasting against x with half of the rotated dimensions as last axis. */
  cos: string;
  sin: string;
  /** How many of the last dimensions turn: all of them, a number, or as many as the tables say (twice their width). */
  width: 'all' | 'from tables' | number;
  /** Pairs are neighbours (0,1), (2,3), … instead of (0, n/2), (1, n/2+1), … */
  interleaved: boolean;
}

/**
 * Rotary position embedding over the last axis of a 4-D x: each pair (x₁, x₂) becomes (x₁·cos − x₂·sin, x₂·cos + x₁·sin).
 * @param output name of the result; a new one when not given
 */
export function rotate(b: GraphBuilder, x: string, { cos, sin, width, interleaved }: Rotation, output = b.fresh('rotated')): string {
  if (width === 'all') {
    turn(b, x, cos, sin, interleaved, output);
    return output;
  }
  const end = width === 'from tables' ? b.op('Mul', [size(b, cos, 3), b.ints([2])]) : b.ints([width]);
  const axis = b.ints([3]);
  const turned = turn(b, b.op('Slice', [x, b.ints([0]), end, axis]), cos, sin, interleaved, b.fresh('turned'));
  const rest = b.op('Slice', [x, end, b.ints([Number.MAX_SAFE_INTEGER]), axis]);
  b.node('Concat', [turned, rest], [output], { axis: -1 });
  return output;
}

function turn(b: GraphBuilder, x: string, cos: string, sin: string, interleaved: boolean, output: string): string {
  const last = b.ints([-1]);
  // Neighbouring pairs become an axis of their own; strided slices would do too, but have costly gradients.
  const pairs = interleaved ? b.op('Reshape', [x, b.ints([0, 0, 0, -1, 2])]) : x;
  let [first, second] = b.ops('Split', [pairs], 2, { axis: -1, num_outputs: 2 }) as [string, string];
  if (interleaved) [first, second] = [b.op('Squeeze', [first, last]), b.op('Squeeze', [second, last])];
  const a = b.op('Sub', [b.op('Mul', [first, cos]), b.op('Mul', [second, sin])]);
  const c = b.op('Add', [b.op('Mul', [second, cos]), b.op('Mul', [first, sin])]);
  if (!interleaved) b.node('Concat', [a, c], [output], { axis: -1 });
  else {
    const both = b.op('Concat', [b.op('Unsqueeze', [a, last]), b.op('Unsqueeze', [c, last])], { axis: -1 });
    b.node('Reshape', [both, b.ints([0, 0, 0, -1])], [output]);
  }
  return output;
}
