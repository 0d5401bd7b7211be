import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { FactSchema } from '../../../shared/fact.ts';
import { SteeringMethodSchema } from '../../../shared/steering/list.ts';
import { EditMethodSchema } from '../../../shared/methods/list.ts';
import { matrix, type Matrix } from '../linalg/matrix.ts';
import { readSafetensors, writeSafetensors } from '../onnx/safetensors.ts';
import { tensorBytes } from '../onnx/tensors.ts';
import { writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import type { Delta } from './types.ts';

/** What a delta file says about itself. */
const AboutSchema = v.object({
  format: v.literal('emend-delta-1'),
  method: v.union([EditMethodSchema, SteeringMethodSchema]),
  /** SHA-256 of the model that it was worked out on. */
  model: v.string(),
  weights: v.array(v.object({ layer: v.number(), weight: v.string() })),
  /** Weights that no edit of facts changes. */
  others: v.optional(v.array(v.object({ weight: v.string(), axis: v.picklist(['first', 'last']) })), []),
  /** Files of earlier releases have no keys. */
  hyperparameters: v.array(v.object({ key: v.optional(v.string()), name: v.string(), value: v.string(), source: v.string() })),
  contexts: v.array(v.string()),
  seed: v.number(),
  facts: v.array(FactSchema),
  /** Of an edit that was solved together with earlier ones. */
  together: v.optional(
    v.object({
      layers: v.array(v.number()),
      covarianceWeight: v.number(),
      /** So many rows of the factors, the first, are the whole of what was solved; where none are, the factors are a difference alone. */
      rows: v.number(),
      /** Facts of earlier edits that were solved anew with these; earlier releases did not say. */
      solvedAnew: v.optional(v.number()),
    }),
  ),
});
export type DeltaAbout = v.InferOutput<typeof AboutSchema>;

/**
 * Writes a delta as safetensors: per weight its factors in float64, and how it came to be. The same delta gives the same bytes.
 * @param targets per fact of an edit that is solved together with others: what its state is to be and what it was, 2 × D
 */
export async function writeDelta(
  file: string,
  delta: Delta,
  about: Omit<DeltaAbout, 'format' | 'weights' | 'others'>,
  targets: readonly Matrix[] = [],
): Promise<void> {
  const { weights, others = [] } = delta;
  const factors = (name: string, w: { left: Matrix; right: Matrix }) =>
    [[`${name}.left`, entry(w.left)] as const, [`${name}.right`, entry(w.right)] as const] as const;
  const tensors = new Map([
    ...weights.flatMap((w, i) => factors(String(i), w)),
    ...others.flatMap((w, i) => factors(`other.${i}`, w)),
    ...targets.map((target, i) => [`target.${i}`, entry(target)] as const),
  ]);
  const full = {
    format: 'emend-delta-1',
    ...about,
    weights: weights.map(({ layer, weight }) => ({ layer, weight })),
    ...(others.length === 0 ? {} : { others: others.map(({ weight, axis }) => ({ weight, axis })) }),
  };
  await writeDurably(explained(disk), file, writeSafetensors(tensors, { emend: JSON.stringify(full) }));
}

/** A delta file. Its factors are read when they are first asked for: they are much more than what it says about itself. */
export interface StoredDelta {
  readonly about: DeltaAbout;
  /** Per fact of an edit that was solved together with others, 2 × D. */
  readonly targets: readonly Matrix[];
  /** @throws EmendError 'bad-file' where a factor is missing or of another kind */
  readonly delta: Delta;
}

/** Reads a delta file. @throws EmendError 'bad-file' when it is anything else */
export function readDelta(file: string): StoredDelta {
  const stored = readSafetensors(file);
  const wrong = (found: string) =>
    new EmendError('bad-file', `${file} is not a delta that Emend wrote: ${found}.`, 'Choose the file that `emend edit --save` made.');
  const text = stored.metadata['emend'];
  if (text === undefined) throw wrong('it has no description of an edit');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw wrong('its description is not JSON');
  }
  const parsed = v.safeParse(AboutSchema, json);
  if (!parsed.success) throw wrong(`${v.getDotPath(parsed.issues[0]) ?? 'its description'}: ${parsed.issues[0].message}`);
  const factor = (name: string): Matrix => {
    const tensor = stored.tensors.get(name);
    if (!tensor || tensor.dtype !== 'float64' || tensor.dims.length !== 2)
      throw wrong(`factor "${name}" is missing or not a float64 matrix`);
    const data = new Float64Array(tensor.dims[0]! * tensor.dims[1]!);
    new Uint8Array(data.buffer).set(tensorBytes(stored, tensor));
    return matrix(tensor.dims[0]!, tensor.dims[1]!, data);
  };
  const { output } = parsed;
  let delta: Delta | undefined;
  return {
    about: output,
    targets: output.together ? output.facts.map((_, i) => factor(`target.${i}`)) : [],
    get delta() {
      return (delta ??= {
        weights: output.weights.map((w, i) => ({ ...w, left: factor(`${i}.left`), right: factor(`${i}.right`) })),
        others: output.others.map((w, i) => ({ ...w, left: factor(`other.${i}.left`), right: factor(`other.${i}.right`) })),
      });
    },
  };
}

function entry(m: Matrix): { dtype: 'float64'; dims: number[]; bytes: Uint8Array } {
  return { dtype: 'float64', dims: [m.rows, m.columns], bytes: new Uint8Array(m.data.buffer, m.data.byteOffset, m.data.byteLength) };
}
