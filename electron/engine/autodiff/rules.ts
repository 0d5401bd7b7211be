import type { Node } from '../onnx/graph.ts';
import { reads } from '../onnx/graph.ts';
import { opName } from '../onnx/op-traits.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { limits, linear } from './linear.ts';
import { movement } from './movement.ts';
import { reductions } from './reductions.ts';
import type { Rule } from './rule.ts';

/** Operation, by {@link opName}, → derivative. */
export const rules: Readonly<Record<string, Rule>> = { ...elementwise, ...linear, ...reductions, ...movement, ...indexing };

/** Operations whose derivative is zero almost everywhere, or whose results are not real numbers. */
export const stops: ReadonlySet<string> = new Set([
  'Shape',
  'Size',
  'Equal',
  'Less',
  'LessOrEqual',
  'Greater',
  'GreaterOrEqual',
  'And',
  'Or',
  'Xor',
  'Not',
  'IsNaN',
  'IsInf',
  'NonZero',
  'Range',
  'ConstantOfShape',
  'OneHot',
  'EyeLike',
  'ArgMax',
  'ArgMin',
  'Floor',
  'Ceil',
  'Round',
  'Sign',
]);

/** What has no gradient of a node, in words: its operation, with the attribute that no rule covers; undefined when it has one. */
export function withoutGradient(node: Node): string | undefined {
  const name = opName(node);
  if (stops.has(name)) return undefined;
  if (!rules[name]) return `the operation ${name}`;
  const limit = limits[name]?.(node);
  return limit === undefined ? undefined : `the operation ${name} with ${limit}`;
}

/** The values that a node's results can depend on smoothly: the second operand of CastLike only names a type. */
export function carriers(node: Node): readonly string[] {
  return opName(node) === 'CastLike' ? node.inputs.slice(0, 1) : reads(node);
}
