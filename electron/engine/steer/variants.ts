import type { Intervention, Part } from '../../../shared/steering/intervention.ts';
import type { Positions } from '../../../shared/steering/positions.ts';
import { dot, norm } from '../linalg/matrix.ts';
import { Random } from '../runtime/sampling.ts';
import type { Steering, Vectors } from './steering.ts';

/** Other forms of a steering: weaker or stronger, elsewhere, and the controls that it is held against. */

/** With the strength of all that is added times a factor. What is taken out or held stays. */
export function scaled(steering: Steering, factor: number): Steering {
  return withParts(steering, (part) =>
    part.operator === 'add' || part.operator === 'piecewise'
      ? { ...part, strength: { ...part.strength, value: part.strength.value * factor } }
      : part,
  );
}

/** At other tokens. Vectors that lie token by token stay where they are. */
export function moved(steering: Steering, positions: Positions): Steering {
  return withParts(steering, (part) => (part.positions.kind === 'aligned' ? part : { ...part, positions }));
}

/** Only in some layers; undefined where it does nothing there. */
export function within(steering: Steering, layers: readonly number[]): Steering | undefined {
  const parts = steering.intervention.parts.flatMap((part): Part[] => {
    const kept = part.layers.flatMap((layer, at) => (layers.includes(layer) ? [at] : []));
    if (kept.length === 0) return [];
    const pick = <T>(all: readonly T[] | undefined) => all && kept.map((at) => all[at]!);
    const [sigma, length] = [pick(part.sigma), pick(part.norm)];
    return [{ ...part, layers: pick(part.layers)!, ...(sigma ? { sigma } : {}), ...(length ? { norm: length } : {}) }];
  });
  if (parts.length === 0) return undefined;
  const vectors = new Map(steering.vectors);
  const narrowed = parts.map((part) => {
    const of = part.vector === undefined ? undefined : steering.vectors.get(part.vector);
    const before = steering.intervention.parts.find(({ vector }) => vector === part.vector);
    if (!of || !before || of.dims[0] === 1) return part;
    const [, tokens, width] = of.dims;
    const data = new Float32Array(part.layers.length * tokens * width);
    part.layers.forEach((layer, at) => {
      const from = before.layers.indexOf(layer) * tokens * width;
      data.set(of.data.subarray(from, from + tokens * width), at * tokens * width);
    });
    const vector = `${part.vector} in ${part.layers.join(', ')}`;
    vectors.set(vector, { dims: [part.layers.length, tokens, width], data });
    return { ...part, vector };
  });
  return { intervention: { parts: narrowed }, vectors };
}

/** Layers in which a steering does something, ascending. */
export function layersOf({ intervention }: Steering): number[] {
  return [...new Set(intervention.parts.flatMap(({ layers }) => layers))].sort((a, b) => a - b);
}

/** Random vectors of equal length in place of its own: what any push of this size does. */
export function randomised(steering: Steering, seed: number): Steering {
  const dice = new Random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - dice.next())) * Math.cos(2 * Math.PI * dice.next());
  return withVectors(steering, (own) => own.map(normal));
}

/**
 * Directions of another steering, such as one fitted on shuffled labels, in place of its own: less their part along these, since flipped
 * pairs
 * keep most of it, and at equal length. Vectors that the other one has not stay random.
 */
export function replaced(steering: Steering, other: Steering, seed: number): Steering {
  const instead = randomised(steering, seed);
  return withVectors(steering, (own, name, row) => {
    const found = other.vectors.get(name) ?? instead.vectors.get(name)!;
    const vector = found.data.slice(row * own.length, (row + 1) * own.length);
    const length = norm(own);
    const along = length === 0 ? 0 : dot(vector, own) / length ** 2;
    return vector.map((x, i) => x - along * own[i]!);
  });
}

/** How much of another steering's directions is left, at least, less their part along these: from 0 (the same) to 1 (none in common). */
export function leastLeft(steering: Steering, other: Steering): number {
  let least = 1;
  for (const [name, { dims, data }] of steering.vectors) {
    const found = other.vectors.get(name);
    const width = dims[2];
    for (let from = 0; found && from < data.length; from += width) {
      const [own, vector] = [data.subarray(from, from + width), found.data.subarray(from, from + width)];
      if (norm(own) === 0) continue;
      const cosine = norm(vector) === 0 ? 1 : dot(own, vector) / (norm(own) * norm(vector));
      least = Math.min(least, Math.sqrt(Math.max(0, 1 - cosine * cosine)));
    }
  }
  return least;
}

/** Several steerings one after the other; the last rule of decoding counts. */
export function together(steerings: readonly Steering[]): Steering {
  const vectors = new Map<string, Vectors>();
  const parts = steerings.flatMap(({ intervention, vectors: own }, at) => {
    for (const [name, values] of own) vectors.set(`${at}/${name}`, values);
    return intervention.parts.map((part): Part => (part.vector === undefined ? part : { ...part, vector: `${at}/${part.vector}` }));
  });
  const decoding = steerings.flatMap(({ intervention }) => intervention.decoding ?? []).at(-1);
  const intervention: Intervention = { parts, ...(decoding ? { decoding } : {}) };
  return { intervention, vectors };
}

function withParts({ intervention, vectors }: Steering, change: (part: Part) => Part): Steering {
  return { intervention: { ...intervention, parts: intervention.parts.map(change) }, vectors };
}

/** With every row of every vector made anew, brought back to the length that it had. */
function withVectors(steering: Steering, make: (own: Float32Array, name: string, row: number) => Float32Array): Steering {
  const vectors = new Map<string, Vectors>();
  for (const [name, { dims, data }] of steering.vectors) {
    const width = dims[2];
    const made = new Float32Array(data.length);
    for (let row = 0; row < data.length / width; row++) {
      const own = data.subarray(row * width, (row + 1) * width);
      const vector = make(own, name, row);
      const [length, wanted] = [norm(vector), norm(own)];
      made.set(
        vector.map((x) => (length === 0 ? 0 : (x * wanted) / length)),
        row * width,
      );
    }
    vectors.set(name, { dims, data: made });
  }
  return { ...steering, vectors };
}
