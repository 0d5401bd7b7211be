import type { Intervention, Part } from '../../../shared/steering/intervention.ts';
import type { Operator } from '../../../shared/steering/operators.ts';
import type { Positions } from '../../../shared/steering/positions.ts';
import type { Reader } from '../../../shared/steering/reader.ts';
import type { Strength } from '../../../shared/steering/strength.ts';
import { atLengthOne, deviation, meanLength, projections, stacked } from './direction.ts';
import type { PlaceFinding } from './method.ts';
import { readerOf, type Sides } from './readers.ts';
import type { Steering, Vectors } from './steering.ts';

/** A direction of one block, its sign chosen, and the states that it was found on. */
export interface Layered {
  readonly block: number;
  readonly direction: Float64Array;
  /** Taken off a state before it is read. */
  readonly shift: Float64Array | undefined;
  /** At the hidden state that is read. */
  readonly read: { readonly fitted: Sides; readonly heldOut: Sides };
  /** At the output of the block, where it is steered. */
  readonly steered: Sides;
}

/** How directions of blocks are steered along. */
export interface Control {
  readonly operator: Operator;
  readonly strength: Strength;
  readonly positions: Positions;
  readonly keepsNorm: boolean;
}

/** One part over several blocks, each with its own direction, and readers of the same directions. */
export function layeredSteering(
  found: readonly Layered[],
  { operator, strength, positions, keepsNorm }: Control,
): { steering: Steering; readers: Reader[]; places: PlaceFinding[] } {
  const width = found[0]!.direction.length;
  const all = new Float32Array(found.length * width);
  const vectors = new Map<string, Vectors>([['directions', { dims: [found.length, 1, width], data: all }]]);
  const [sigma, norm]: [number[], number[]] = [[], []];
  const readers = found.map(({ block, direction, shift, read, steered }, at) => {
    all.set(direction, at * width);
    const unit = atLengthOne(direction);
    const states = stacked(steered.positive, steered.negative);
    sigma.push(deviation(projections(states, unit)));
    norm.push(meanLength(states));
    vectors.set(`read ${block}`, { dims: [1, 1, width], data: Float32Array.from(unit) });
    return readerOf(block + 1, `read ${block}`, unit, shift, read);
  });
  const adds = operator === 'add' || operator === 'piecewise';
  const part: Part = {
    site: 'residual',
    layers: found.map(({ block }) => block),
    positions,
    vector: 'directions',
    operator,
    strength: adds ? strength : { value: 1, unit: 'raw' },
    sigma,
    norm,
    ...(keepsNorm ? { keepsNorm } : {}),
  };
  const intervention: Intervention = { parts: [part] };
  const places = found.map(({ block }, at) => ({
    site: 'residual' as const,
    layer: block,
    validation: undefined,
    heldOut: readers[at]!.heldOut?.pairs,
    chosen: true,
  }));
  return { steering: { intervention, vectors }, readers, places };
}
