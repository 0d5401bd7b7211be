import { EmendError } from '../../../shared/errors.ts';
import { OPERATORS, type Operator } from '../../../shared/steering/operators.ts';
import type { Part } from '../../../shared/steering/intervention.ts';
import type { Positions } from '../../../shared/steering/positions.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { headOf, type Place, placeOf } from './sites.ts';
import { type Displacement, type Steering, timesOf, vectorsOf } from './steering.ts';

/** One thing that is done to one value of the graph. */
export interface Change {
  readonly place: Place;
  readonly positions: Positions;
  readonly operator: Operator;
  /** [tokens, width of the value]. */
  readonly vectors: Displacement;
  readonly times: number;
  readonly keepsNorm: boolean;
}

/**
 * The changes that parts come to, in their order, by the values that they change. Vectors that are added one after the other to the same
 * tokens of a value are added up first.
 * @throws EmendError where a part does not fit the model
 */
export function changesOf(decoder: Decoder, steering: Steering): Map<string, Change[]> {
  const found = new Map<string, Change[]>();
  for (const part of steering.intervention.parts)
    for (const [at, layer] of part.layers.entries()) {
      const change = changeOf(decoder, steering, part, layer, at);
      const before = found.get(change.place.name) ?? [];
      const last = before.at(-1);
      const together = last && summed(last, change);
      found.set(change.place.name, together ? [...before.slice(0, -1), together] : [...before, change]);
    }
  return found;
}

function changeOf(decoder: Decoder, steering: Steering, part: Part, layer: number, at: number): Change {
  const { site, positions, operator, keepsNorm = false } = part;
  const place = placeOf(decoder, site, layer);
  const same = { place, positions, operator, keepsNorm };
  const head = part.head === undefined ? undefined : headOf(decoder, layer, part.head);
  if (!OPERATORS[operator].vector) return { ...same, vectors: chosen(place, part, head), times: part.strength.value };
  const own = vectorsOf(steering, part, at);
  const width = head?.width ?? place.width;
  if (own.width !== width)
    throw new EmendError(
      'bad-input',
      `The steering's vector at ${site}${part.head === undefined ? '' : ` ${part.head}`} of layer ${layer} is ${own.width} wide; ` +
        `this model is ${width} wide there.`,
      'It was made for another model: fit it on this one.',
    );
  return { ...same, vectors: head ? widened(own, head.from, place.width) : own, times: timesOf(part, own, at) };
}

/** What 'scale' multiplies: 1 at the units or in the head, everywhere when neither is named. */
function chosen(place: Place, { units, layers }: Part, head: { from: number; width: number } | undefined): Displacement {
  const data = new Float32Array(place.width);
  if (head) data.fill(1, head.from, head.from + head.width);
  else if (!units) data.fill(1);
  for (const unit of units ?? []) {
    if (unit >= place.width)
      throw new EmendError(
        'not-found',
        `Unit ${unit} of layer ${layers.join(', ')} was asked for; there are units 0 to ${place.width - 1}.`,
        'Choose a unit of this model.',
      );
    data[unit] = 1;
  }
  return { tokens: 1, width: place.width, data };
}

/** A head's vector among those of all heads. */
function widened({ tokens, width, data }: Displacement, from: number, whole: number): Displacement {
  const out = new Float32Array(tokens * whole);
  for (let token = 0; token < tokens; token++) out.set(data.subarray(token * width, (token + 1) * width), token * whole + from);
  return { tokens, width: whole, data: out };
}

function summed(one: Change, other: Change): Change | undefined {
  if (one.operator !== 'add' || other.operator !== 'add' || one.keepsNorm || other.keepsNorm) return undefined;
  if (JSON.stringify(one.positions) !== JSON.stringify(other.positions)) return undefined;
  const data = one.vectors.data.map((x, i) => one.times * x + other.times * other.vectors.data[i]!);
  return { ...one, vectors: { ...one.vectors, data }, times: 1 };
}
