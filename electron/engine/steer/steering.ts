import { EmendError } from '../../../shared/errors.ts';
import type { Intervention, Part } from '../../../shared/steering/intervention.ts';
import { multiplesOf } from '../../../shared/steering/strength.ts';
import { norm } from '../linalg/matrix.ts';

/** Vectors of a part: float32 [layers or 1, tokens or 1, width]. */
export interface Vectors {
  readonly dims: readonly [layers: number, tokens: number, width: number];
  readonly data: Float32Array;
}

/** An intervention with its vectors by their names. */
export interface Steering {
  readonly intervention: Intervention;
  readonly vectors: ReadonlyMap<string, Vectors>;
}

/** One vector, or one for each aligned token: [tokens, width], as it is added, strength included. */
export interface Displacement {
  readonly tokens: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** The vectors of a part in its layer number `at`. @throws EmendError 'bad-file' where they are missing or of another form */
export function vectorsOf({ vectors }: Steering, part: Part, at: number): Displacement {
  const found = vectors.get(part.vector!);
  const wrong = (what: string) =>
    new EmendError('bad-file', `The steering's vector "${part.vector}" ${what}.`, 'Fit it again, or choose another file.');
  if (!found) throw wrong('is missing');
  const [layers, tokens, width] = found.dims;
  const wanted = part.positions.kind === 'aligned' ? part.positions.tokens : 1;
  if (layers !== 1 && layers !== part.layers.length) throw wrong(`is of ${layers} layers; expected ${part.layers.length}, or one for all`);
  if (tokens !== wanted) throw wrong(`lies on ${tokens} tokens; expected ${wanted}`);
  const size = tokens * width;
  const from = layers === 1 ? 0 : at * size;
  return { tokens, width, data: found.data.subarray(from, from + size) };
}

/**
 * How many times the vector of a part counts in its layer number `at`.
 * @throws EmendError 'bad-input' where the strength counts in what was never measured
 */
export function timesOf(part: Part, vector: Displacement, at: number): number {
  const measured = { length: norm(vector.data), sigma: part.sigma?.[at], norm: part.norm?.[at] };
  const times = multiplesOf(part.strength, measured);
  if (times !== undefined) return times;
  throw new EmendError(
    'bad-input',
    `The strength of the part at ${part.site} in layer ${part.layers[at]} counts in ${part.strength.unit}, which was not measured there.`,
    'Give the strength as a multiple of the vector (raw).',
  );
}
