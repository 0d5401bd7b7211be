import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { type SteeringAbout, SteeringAboutSchema } from '../../../shared/steering/about.ts';
import { readSafetensors, type Safetensors, type SafetensorsEntry, writeSafetensors } from '../onnx/safetensors.ts';
import { tensorFloats } from '../onnx/tensors.ts';
import { readControlVector } from './gguf.ts';
import type { Steering, Vectors } from './steering.ts';

/** A steering with what is known of how it came to be. */
export interface SteeringFile extends Steering {
  readonly about: Omit<SteeringAbout, 'intervention' | 'format'>;
}

/** The bytes of a steering file: safetensors, float32, its description in the header. The same steering gives the same bytes. */
export function writeSteering({ intervention, vectors, about }: SteeringFile): Uint8Array {
  const tensors = new Map(
    [...vectors].map(([name, { dims, data }]): [string, SafetensorsEntry] => [
      name,
      { dtype: 'float32', dims: [...dims], bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) },
    ]),
  );
  const full: SteeringAbout = { format: 'emend-steering-1', ...about, intervention };
  return writeSafetensors(tensors, { emend: JSON.stringify(full) });
}

/**
 * Reads what a model is to be steered by: a file of Emend, a control vector as GGUF, or plain safetensors with a direction for each block
 * (named direction.3, layer.3 or 3).
 * @throws EmendError 'bad-file' for anything else
 */
export function readSteering(file: string): SteeringFile {
  if (/\.gguf$/i.test(file)) {
    const { hint, directions } = readControlVector(file);
    return ofDirections(directions, `control vector${hint === '' ? '' : ` (${hint})`}`);
  }
  const stored = readSafetensors(file);
  const text = stored.metadata['emend'];
  return text === undefined ? ofDirections(plainDirections(stored, file), 'directions') : described(stored, text, file);
}

/** A steering that adds a direction to the output of each block, for every token. */
export function ofDirections(directions: ReadonlyMap<number, Float32Array>, method: string): SteeringFile {
  const layers = [...directions.keys()].sort((a, b) => a - b);
  const width = directions.get(layers[0]!)!.length;
  const data = new Float32Array(layers.length * width);
  layers.forEach((layer, at) => {
    const own = directions.get(layer)!;
    if (own.length !== width)
      throw new EmendError('bad-file', `Directions of ${width} and of ${own.length} numbers lie in one file.`, 'Choose another file.');
    data.set(own, at * width);
  });
  return {
    intervention: {
      parts: [
        {
          site: 'residual',
          layers,
          positions: { kind: 'all' },
          vector: 'directions',
          operator: 'add',
          strength: { value: 1, unit: 'raw' },
        },
      ],
    },
    vectors: new Map([['directions', { dims: [layers.length, 1, width], data }]]),
    about: { method, model: '', settings: [], readers: [] },
  };
}

function described(stored: Safetensors, text: string, file: string): SteeringFile {
  const wrong = (found: string) =>
    new EmendError('bad-file', `${file} is no steering that Emend wrote: ${found}.`, 'Choose the file that `emend steer fit --save` made.');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw wrong('its description is not JSON');
  }
  const parsed = v.safeParse(SteeringAboutSchema, json);
  if (!parsed.success) throw wrong(`${v.getDotPath(parsed.issues[0]) ?? 'its description'}: ${parsed.issues[0].message}`);
  const vectors = new Map<string, Vectors>();
  for (const [name, tensor] of stored.tensors) {
    const [layers, tokens, width] = tensor.dims;
    if (tensor.dtype !== 'float32' || tensor.dims.length !== 3) throw wrong(`vector "${name}" is not float32 [layers, tokens, width]`);
    const data = tensorFloats(stored, tensor).slice();
    if (data.some((x) => !Number.isFinite(x))) throw wrong(`vector "${name}" has numbers that are not finite`);
    vectors.set(name, { dims: [layers!, tokens!, width!], data });
  }
  const { intervention, method, model, settings, readers } = parsed.output;
  const named = [...intervention.parts.flatMap(({ vector }) => vector ?? []), ...readers.map(({ vector }) => vector)];
  const missing = named.find((name) => !vectors.has(name));
  if (missing !== undefined) throw wrong(`vector "${missing}" is missing`);
  return { intervention, vectors, about: { method, model, settings, readers } };
}

function plainDirections(stored: Safetensors, file: string): Map<number, Float32Array> {
  const found = new Map<number, Float32Array>();
  for (const [name, tensor] of stored.tensors) {
    const block = /^(?:direction\.|layer\.|layers\.)?(\d{1,4})$/.exec(name)?.[1];
    if (block === undefined || tensor.dims.slice(0, -1).some((d) => d !== 1))
      throw new EmendError(
        'bad-file',
        `${file} holds "${name}" as [${tensor.dims.join(', ')}]; expected one direction for each block, named direction.3, layer.3 or 3.`,
        'Choose a steering that Emend wrote, or a control vector.',
      );
    found.set(Number(block), tensorFloats(stored, tensor).slice());
  }
  if (found.size === 0) throw new EmendError('bad-file', `${file} holds no direction.`, 'Choose another file.');
  return found;
}
