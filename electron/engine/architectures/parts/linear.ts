import type { LinearPart, NormPart } from '../spec.ts';
import type { Net } from './net.ts';

/** The part under a module's name: `<module>.weight` [out, in] and, where it has one, `<module>.bias`. */
export function linear(module: string, input: number, output: number, hasBias = false): LinearPart {
  return { weight: `${module}.weight`, bias: hasBias ? `${module}.bias` : undefined, layout: 'out-in', input, output };
}

/** The same with its weight as [in, out] (transformers calls it Conv1D). */
export function transposedLinear(module: string, input: number, output: number): LinearPart {
  return { weight: `${module}.weight`, bias: `${module}.bias`, layout: 'in-out', input, output };
}

/** x [.., in] → [.., out]. A weight [out, in] is used as it lies in the file: the product itself transposes, so nothing is copied. */
export function project(net: Net, x: string, part: LinearPart): string {
  const dims = part.layout === 'out-in' ? [part.output, part.input] : [part.input, part.output];
  const product = times(net, x, net.weight(part.weight, dims), part.layout);
  return part.bias === undefined ? product : net.b.op('Add', [product, net.weight(part.bias, [part.output])]);
}

/** x·W or x·Wᵀ. */
export function times(net: Net, x: string, weight: string, layout: LinearPart['layout']): string {
  return layout === 'in-out' ? net.b.op('MatMul', [x, weight]) : net.b.op('FusedMatMul', [x, weight], { transB: 1 }, 'com.microsoft');
}

export function layerNorm(module: string, width: number, epsilon: number, hasBias = true): NormPart {
  return { kind: 'layer', weight: `${module}.weight`, bias: hasBias ? `${module}.bias` : undefined, epsilon, dims: [width] };
}

export function rmsNorm(module: string, width: number, epsilon: number): NormPart {
  return { kind: 'rms', weight: `${module}.weight`, bias: undefined, epsilon, dims: [width] };
}
