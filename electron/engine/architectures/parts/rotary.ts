import { codeOf } from '../../onnx/dtypes.ts';
import { rotate } from '../../onnx/passes/expand/rotate.ts';
import type { RotaryPart } from '../spec.ts';
import type { Net } from './net.ts';

const FLOAT = codeOf('float32')!;

/** Queries or keys [batch, heads, length, head width], their first dimensions turned by their positions. */
export function turned(net: Net, x: string, part: RotaryPart, headWidth: number): string {
  const { cos, sin } = net.once(part, () => tables(net, part));
  const width = part.width === headWidth ? ('all' as const) : part.width;
  return rotate(net.b, x, { cos, sin, width, interleaved: part.interleaved });
}

/** Cosines and sines of position × frequency, [batch, 1, length, rotated width / 2]. */
function tables(net: Net, part: RotaryPart): { cos: string; sin: string } {
  const { b } = net;
  const positions = b.op('Unsqueeze', [b.op('Cast', [net.positions], { to: FLOAT }), b.ints([1, 3])]);
  const angles = b.op('Mul', [positions, frequencies(net, part)]);
  const scaled = (value: string) => (part.factor === 1 ? value : b.op('Mul', [value, b.scalar(part.factor)]));
  return { cos: scaled(b.op('Cos', [angles])), sin: scaled(b.op('Sin', [angles])) };
}

function frequencies(net: Net, { frequencies, width, long, growing }: RotaryPart): string {
  const { b } = net;
  if (long === undefined && growing === undefined) return net.vector(frequencies);
  const length = b.op('Add', [b.op('ReduceMax', [net.positions], { keepdims: 0 }), b.int(1)]);
  if (long !== undefined)
    return b.op('Where', [b.op('Greater', [length, b.int(long.above)]), net.vector(long.frequencies), net.vector(frequencies)]);
  // base·(factor·length/above − (factor − 1))^(width/(width − 2)); transformers, modeling_rope_utils.py, _compute_dynamic_ntk_parameters
  const { above, base, factor } = growing!;
  const reached = b.op('Div', [b.op('Cast', [b.op('Max', [length, b.int(above)])], { to: FLOAT }), b.scalar(above)]);
  const grown = b.op('Sub', [b.op('Mul', [reached, b.scalar(factor)]), b.scalar(factor - 1)]);
  const newBase = b.op('Mul', [b.op('Pow', [grown, b.scalar(width / (width - 2))]), b.scalar(base)]);
  const exponents = net.vector(Array.from({ length: width / 2 }, (_, i) => (2 * i) / width));
  return b.op('Reciprocal', [b.op('Pow', [newBase, exponents])]);
}
