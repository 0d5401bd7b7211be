import { attend, headsFirst, mergeHeads, repeatHeads } from '../../onnx/passes/expand/heads.ts';
import type { AttentionPart } from '../spec.ts';
import { project } from './linear.ts';
import { alibi, allowed } from './masks.ts';
import type { Net } from './net.ts';
import { normalise } from './norm.ts';
import { turned } from './rotary.ts';

/** Names of a layer's cache values. */
export interface CacheNames {
  readonly past: { readonly key: string; readonly value: string };
  readonly present: { readonly key: string; readonly value: string };
}

/**
 * Self-attention with a cache: x [batch, length, width] → [batch, length, width].
 * Keys are cached as rotated, [batch, key heads, total, head width].
 */
export function attention(net: Net, x: string, part: AttentionPart, cache: CacheNames): string {
  const { b } = net;
  const { heads, keyHeads, headWidth, rotary } = part;
  const { query, key, value } = projected(net, x, part);
  const placed = (split: string) => {
    const first = headsFirst(b, split);
    return rotary === undefined ? first : turned(net, first, rotary, headWidth);
  };
  const q = placed(query);
  b.node('Concat', [cache.past.key, placed(key)], [cache.present.key], { axis: 2 });
  b.node('Concat', [cache.past.value, headsFirst(b, value)], [cache.present.value], { axis: 2 });
  const counts = { queries: heads, keys: keyHeads };
  const mixed = attend(b, {
    q,
    k: repeatHeads(b, cache.present.key, q, counts),
    v: repeatHeads(b, cache.present.value, q, counts),
    scale: part.scale,
    softcap: part.cap ?? 0,
    add: part.alibi === undefined ? [] : [alibi(net, part.alibi)],
    allow: [allowed(net, part.window)],
  });
  const merged = b.fresh('heads');
  mergeHeads(b, mixed, merged);
  return project(net, merged, part.output);
}

/** Queries, keys and values as [batch, length, heads, head width], behind their norms. */
function projected(net: Net, x: string, part: AttentionPart): { query: string; key: string; value: string } {
  const { b } = net;
  const { heads, keyHeads, headWidth, projections, norms } = part;
  const split = (value: string, count: number) => b.op('Reshape', [value, b.ints([0, 0, count, headWidth])]);
  if (projections.kind === 'by key head') {
    const group = heads / keyHeads;
    const packed = project(net, x, projections.linear);
    const groups = b.op('Reshape', [packed, b.ints([0, 0, keyHeads, group + 2, headWidth])]);
    const parts = splitInto(net, groups, [group, 1, 1], 3);
    return perHead(net, part, split(parts[0]!, heads), split(parts[1]!, keyHeads), split(parts[2]!, keyHeads));
  }
  const [query, key, value] =
    projections.kind === 'separate'
      ? [project(net, x, projections.query), project(net, x, projections.key), project(net, x, projections.value)]
      : (splitInto(net, project(net, x, projections.linear), [heads * headWidth, keyHeads * headWidth, keyHeads * headWidth], -1) as [
          string,
          string,
          string,
        ]);
  const whole = norms?.over === 'width' ? norms : undefined;
  const [q, k] = whole === undefined ? [query, key] : [normalise(net, query, whole.query), normalise(net, key, whole.key)];
  return perHead(net, part, split(q, heads), split(k, keyHeads), split(value, keyHeads));
}

function perHead(net: Net, { norms }: AttentionPart, query: string, key: string, value: string) {
  if (norms?.over !== 'head') return { query, key, value };
  return { query: normalise(net, query, norms.query), key: normalise(net, key, norms.key), value };
}

function splitInto(net: Net, x: string, sizes: readonly number[], axis: number): string[] {
  return net.b.ops('Split', [x, net.b.ints(sizes)], sizes.length, { axis });
}
