import { EmendError } from '../../../shared/errors.ts';
import { SIZES } from '../runtime/probe.ts';
import type { Decoder } from './decoder.ts';

/** How a value lies in memory: [batch·length, …], [batch, length, …] or [batch, heads, length, …]. */
export interface Layout {
  readonly kind: 'flat' | 'rows' | 'heads first';
  /** Heads in front of the length; 1 elsewhere. */
  readonly heads: number;
  /** Dimensions behind the length. */
  readonly rest: readonly number[];
  /** Numbers of one token. */
  readonly width: number;
}

/**
 * How a value lies, from the sizes that it had in the probes.
 * @throws EmendError 'unsupported' for a value that is not one vector for each token
 */
export function layoutOf(decoder: Decoder, name: string): Layout {
  const sizes = decoder.shapes.get(name)!.sizes ?? [];
  const is = (axis: number, size: (of: (typeof SIZES)[number]) => number) => SIZES.every((of, at) => sizes[at]?.[axis] === size(of));
  const made = (kind: Layout['kind'], heads: number, from: number): Layout => {
    const rest = sizes[0]!.slice(from);
    return { kind, heads, rest, width: heads * rest.reduce((a, d) => a * d, 1) };
  };
  if (is(0, ({ batch }) => batch)) {
    if (is(1, ({ length }) => length)) return made('rows', 1, 2);
    if (sizes[0]![1] === sizes[1]![1] && is(2, ({ length }) => length)) return made('heads first', sizes[0]![1]!, 3);
  }
  if (is(0, ({ batch, length }) => batch * length)) return made('flat', 1, 1);
  throw new EmendError(
    'unsupported',
    `"${name}" has the shape [${decoder.shapes
      .get(name)!
      .dims.map((d) => d ?? '?')
      .join(', ')}], which is not one vector for each token.`,
    'This place of the model can neither be read nor changed.',
  );
}

/** Places (row, token) as the indices of their parts in a value, [n·heads, axes], in the order of the vectors' numbers. */
export function placesIn(
  { kind, heads }: Layout,
  length: number,
  places: readonly { readonly row: number; readonly token: number }[],
): { data: number[]; dims: [number, number] } {
  if (kind === 'flat') return { data: places.map(({ row, token }) => row * length + token), dims: [places.length, 1] };
  if (kind === 'rows') return { data: places.flatMap(({ row, token }) => [row, token]), dims: [places.length, 2] };
  const data = places.flatMap(({ row, token }) => Array.from({ length: heads }, (_, head) => [row, head, token]).flat());
  return { data, dims: [places.length * heads, 3] };
}

/** A value's numbers token by token: [rows, tokens, width]. */
export function byToken({ kind, heads, width }: Layout, data: Float32Array, tokens: number): Float32Array {
  if (kind !== 'heads first') return data;
  const out = new Float32Array(data.length);
  const part = width / heads;
  const rows = data.length / (tokens * width);
  for (let row = 0; row < rows; row++)
    for (let head = 0; head < heads; head++)
      for (let token = 0; token < tokens; token++) {
        const from = ((row * heads + head) * tokens + token) * part;
        out.set(data.subarray(from, from + part), ((row * tokens + token) * heads + head) * part);
      }
  return out;
}
