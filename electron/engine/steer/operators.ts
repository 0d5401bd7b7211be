import type { Operator } from '../../../shared/steering/operators.ts';
import { norm } from '../linalg/matrix.ts';
import { floatTensor, type GraphBuilder } from '../onnx/build.ts';

/** What an operator works with. */
export interface Operands {
  /** The value, [.., width]. */
  readonly h: string;
  /** v [width]; of 'scale', what each number is multiplied with at strength 1 is 1 and 0 elsewhere. */
  readonly vector: Float32Array;
  /** s. */
  readonly times: number;
}

/** Builds what is added to h: each formula of shared/steering/operators.ts less h itself. */
export const CHANGES: { readonly [O in Operator]: (b: GraphBuilder, operands: Operands) => string } = {
  add: (b, { vector, times }) => constant(b, vector, times),
  piecewise: (b, { h, vector, times }) => b.op('Mul', [b.op('Sign', [along(b, h, vector, times)]), constant(b, vector, times)]),
  'project out': (b, { h, vector, times }) => {
    const unit = atLengthOne(vector);
    return b.op('Mul', [along(b, h, unit, 1), constant(b, unit, -times)]);
  },
  'project out positive': (b, { h, vector, times }) => {
    const unit = atLengthOne(vector);
    return b.op('Mul', [b.op('Relu', [along(b, h, unit, 1)]), constant(b, unit, -times)]);
  },
  clamp: (b, { h, vector, times }) => {
    const unit = atLengthOne(vector);
    return b.op('Mul', [b.op('Sub', [b.scalar(times), along(b, h, unit, 1)]), constant(b, unit, 1)]);
  },
  scale: (b, { h, vector, times }) => b.op('Mul', [h, constant(b, vector, times - 1)]),
};

/** Gives a changed value the length that it had. */
export function restored(b: GraphBuilder, before: string, after: string): string {
  const length = (of: string) => b.op('Sqrt', [b.op('ReduceSum', [b.op('Mul', [of, of]), b.ints([-1])], { keepdims: 1 })]);
  const least = b.scalar(1e-12); // of nothing, nothing is made
  return b.op('Mul', [after, b.op('Div', [length(before), b.op('Max', [length(after), least])])]);
}

/** h·v, [.., 1]. */
function along(b: GraphBuilder, h: string, vector: Float32Array, times: number): string {
  return b.op('MatMul', [h, b.constant(floatTensor(scaled(vector, times), [vector.length, 1]))]);
}

function constant(b: GraphBuilder, vector: Float32Array, times: number): string {
  return b.constant(floatTensor(scaled(vector, times), [vector.length]));
}

function scaled(vector: Float32Array, times: number): Float32Array {
  return times === 1 ? vector : vector.map((x) => x * times);
}

function atLengthOne(vector: Float32Array): Float32Array {
  const length = norm(vector);
  return length === 0 ? vector : vector.map((x) => x / length);
}
