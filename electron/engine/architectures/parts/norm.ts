import { float, floatTensor } from '../../onnx/build.ts';
import type { NormPart } from '../spec.ts';
import type { Net } from './net.ts';

/** A norm over the last axis of x; several weights, or one of rank 2, are [heads, width] against x [batch, length, heads, width]. */
export function normalise(net: Net, x: string, part: NormPart): string {
  const { b } = net;
  const width = part.dims.at(-1)!;
  const plain = typeof part.weight === 'string' && part.dims.length === 1;
  const scale = plain ? scaleOf(net, part) : b.constant(floatTensor(new Float32Array(width).fill(1), [width]));
  const bias = part.bias === undefined ? [] : [net.weight(part.bias, part.dims)];
  const attributes = { axis: -1, epsilon: float(part.epsilon) };
  const made =
    part.kind === 'layer'
      ? b.op('LayerNormalization', [x, scale, ...bias], attributes)
      : b.op('SimplifiedLayerNormalization', [x, scale], attributes);
  return plain || part.weight === undefined ? made : b.op('Mul', [made, scaleOf(net, part)]);
}

function scaleOf(net: Net, { weight, dims, aroundOne }: NormPart): string {
  const { b } = net;
  const scale =
    typeof weight === 'string'
      ? net.weight(weight, dims)
      : b.op(
          'Concat',
          (weight ?? []).map((name) => b.op('Unsqueeze', [net.weight(name, dims), b.ints([0])])),
          { axis: 0 },
        );
  return aroundOne === true ? b.op('Add', [scale, b.scalar(1)]) : scale;
}
