import { EmendError } from '../../../shared/errors.ts';
import type { Part } from '../../../shared/steering/intervention.ts';
import type { ControlVector } from './gguf.ts';
import { type Steering, timesOf, vectorsOf } from './steering.ts';

/** Why a part is more than a control vector can say; undefined where it is not. */
function hindrance({ site, head, positions, operator, keepsNorm, layers }: Part): string | undefined {
  if (site !== 'residual' || head !== undefined) return `it steers at ${site}, not at the output of blocks`;
  if (operator !== 'add') return `it does not add (${operator})`;
  if (positions.kind !== 'all') return 'it steers some tokens only';
  if (keepsNorm) return 'it keeps the length of states';
  return layers.includes(0) ? 'it steers block 0, which llama.cpp does not' : undefined;
}

/**
 * A steering as a control vector, its strength worked in: at scale 1 it does the same. @param hint family of the model, such as llama
 * @throws EmendError 'unsupported' saying what cannot be said so
 */
export function controlVectorOf(steering: Steering, hint: string): ControlVector {
  const { parts, decoding } = steering.intervention;
  const why = decoding ? 'it is a rule of decoding' : parts.map(hindrance).find((one) => one !== undefined);
  if (why !== undefined)
    throw new EmendError(
      'unsupported',
      `This steering is no control vector: ${why}.`,
      'Save it as safetensors, or export the steered model.',
    );
  const directions = new Map<number, Float32Array>();
  for (const part of parts)
    for (const [at, layer] of part.layers.entries()) {
      const vector = vectorsOf(steering, part, at);
      const times = timesOf(part, vector, at);
      const before = directions.get(layer);
      directions.set(
        layer,
        vector.data.map((x, i) => x * times + (before?.[i] ?? 0)),
      );
    }
  return { hint, directions };
}
