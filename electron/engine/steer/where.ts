import { EmendError } from '../../../shared/errors.ts';
import { LAST, type Positions } from '../../../shared/steering/positions.ts';
import type { Anatomy } from '../anatomy/types.ts';

/** Tokens as settings name them. */
export interface PositionSettings {
  readonly positions: 'all' | 'prompt' | 'last' | 'answer' | 'from';
  /** Of 'from'. */
  readonly first: number;
}

/** Which tokens are steered, by the settings of a method. */
export function positionsFor({ positions, first }: PositionSettings): Positions {
  const named: { readonly [P in PositionSettings['positions']]: Positions } = {
    all: { kind: 'all' },
    prompt: { kind: 'prompt' },
    last: LAST,
    answer: { kind: 'answer', offset: 0 },
    from: { kind: 'from', position: first },
  };
  return named[positions];
}

/** @throws EmendError 'not-found' for layers that the model has not */
export function layersIn({ layers }: Anatomy, asked: readonly number[]): readonly number[] {
  const strange = asked.find((layer) => layer >= layers.length);
  if (strange === undefined) return asked;
  throw new EmendError(
    'not-found',
    `Layer ${strange} was asked for; this model has layers 0 to ${layers.length - 1}.`,
    'Choose layers of this model.',
  );
}

/** A layer as deep in this model as another is in its own. */
export function asDeep({ layers }: Anatomy, layer: number, of: number): number {
  return Math.min(layers.length - 1, Math.round((layer / of) * layers.length));
}
