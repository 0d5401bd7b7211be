import type { FeedForwardPart } from '../spec.ts';
import { activate } from './activation.ts';
import { project } from './linear.ts';
import type { Net } from './net.ts';

/** [batch, length, width] → the same, through the inner width. */
export function feedForward(net: Net, x: string, part: FeedForwardPart): string {
  return project(net, inner(net, x, part), part.down);
}

function inner(net: Net, x: string, part: FeedForwardPart): string {
  if (part.kind === 'plain') return activate(net, project(net, x, part.up), part.activation);
  const [gate, up] =
    part.kind === 'gated'
      ? [project(net, x, part.gate), project(net, x, part.up)]
      : (net.b.ops('Split', [project(net, x, part.both)], 2, { axis: -1, num_outputs: 2 }) as [string, string]);
  return net.b.op('Mul', [activate(net, gate, part.activation), up]);
}
