import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import * as v from 'valibot';
import { expect } from 'vitest';
import { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { Generator } from '../../../electron/engine/decoder/generate.ts';
import { Stage } from '../../../electron/engine/decoder/stage.ts';
import { graphFile } from '../../../electron/engine/onnx/model-folder.ts';
import { readSafetensors, type Safetensors } from '../../../electron/engine/onnx/safetensors.ts';
import { tensorFloats } from '../../../electron/engine/onnx/tensors.ts';
import type * as ort from 'onnxruntime-node';
import { feedsFor, rightPad } from '../../../electron/engine/runtime/inputs.ts';
import { slice } from '../../../electron/engine/runtime/surgery.ts';
import { greedy, largest } from '../../../electron/engine/runtime/sampling.ts';
import { floats } from '../../../electron/engine/runtime/session.ts';
import type { Steering, Vectors } from '../../../electron/engine/steer/steering.ts';
import { steered } from '../../../electron/engine/steer/apply.ts';
import type { Intervention, Part } from '../../../shared/steering/intervention.ts';
import { root } from '../../fixtures.ts';

const ids = v.array(v.number());
const name = v.string();
const Written = v.object({ generated: v.optional(ids), step_logits: v.optional(name) });
const Base = v.object({
  model: v.optional(v.string()),
  tensors: v.string(),
  layers: v.number(),
  heads: v.number(),
  head_size: v.number(),
  hidden: v.number(),
  vocabulary: v.number(),
  tied: v.boolean(),
  columns: v.optional(v.object({ every: v.number() })),
  plain: v.object({ prompt: ids, logits: name, generated: ids, step_logits: name }),
});
export { ids, name, Written };

/** One case of steering goldens: its numbers, its tensors and its model. */
export interface SteerCase {
  readonly name: string;
  readonly folder: string;
}

/** Every steering.json below steer/, wherever it lies. */
export function steerCases(): SteerCase[] {
  const found: SteerCase[] = [];
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    if (entries.some((entry) => entry.name === 'steering.json')) found.push({ name: relative(root, folder), folder });
    for (const entry of entries) if (entry.isDirectory()) walk(join(folder, entry.name));
  };
  if (existsSync(join(root, 'steer'))) walk(join(root, 'steer'));
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

/** A case ready to be held against. */
export class Golden {
  readonly spec: v.InferOutput<typeof Base>;
  readonly json: unknown;
  readonly decoder: Decoder;
  private readonly tensors: Safetensors;
  private readonly worst = new Map<string, number>();

  private constructor(json: unknown, tensors: Safetensors, decoder: Decoder) {
    this.json = json;
    this.spec = v.parse(Base, json);
    this.tensors = tensors;
    this.decoder = decoder;
  }

  static async open({ folder }: SteerCase): Promise<Golden> {
    const json: unknown = JSON.parse(readFileSync(join(folder, 'steering.json'), 'utf8'));
    const { tensors, model } = v.parse(Base, json);
    // A model of the project is named from the project's folder; others lie beside their goldens.
    const place = model === undefined ? folder : resolve(import.meta.dirname, '../../..', model);
    return new Golden(json, readSafetensors(resolve(folder, tensors)), await Decoder.open(graphFile(place), { threads: 1 }));
  }

  /** Numbers of a golden tensor. */
  floats(tensor: string): Float32Array {
    return tensorFloats(this.tensors, this.tensors.tensors.get(tensor)!).slice();
  }

  dims(tensor: string): readonly number[] {
    return this.tensors.tensors.get(tensor)!.dims;
  }

  /** Rows over the vocabulary as the goldens keep them: some columns only, where those would be large. */
  columns(values: ArrayLike<number>): Float32Array {
    const every = this.spec.columns?.every ?? 1;
    const { vocabulary } = this.spec;
    return Float32Array.from(values).filter((_, i) => (i % vocabulary) % every === 0);
  }

  /** Holds numbers within a tolerance, and keeps how far they were. */
  hold(what: string, found: ArrayLike<number>, wanted: ArrayLike<number>, limit = 1e-4): void {
    expect(found.length, what).toBe(wanted.length);
    let most = 0;
    for (let i = 0; i < found.length; i++) {
      const [a, b] = [found[i]!, wanted[i]!];
      if (!Number.isFinite(b) || !Number.isFinite(a)) expect(a, `${what} ${i}`).toBe(b);
      else most = Math.max(most, Math.abs(a - b));
    }
    this.worst.set(what, Math.max(this.worst.get(what) ?? 0, most));
    expect(most, what).toBeLessThan(limit);
  }

  said(): string {
    return [...this.worst].map(([what, most]) => `${what} ${most.toExponential(1)}`).join(', ');
  }
}

/** A steering of parts whose vectors are given with them. */
export function steeringOf(
  parts: readonly (Omit<Part, 'vector'> & { readonly vectors?: Vectors })[],
  decoding?: Intervention['decoding'],
): Steering {
  const vectors = new Map<string, Vectors>();
  const named = parts.map(({ vectors: own, ...part }, at): Part => {
    if (!own) return part;
    vectors.set(String(at), own);
    return { ...part, vector: String(at) };
  });
  return { intervention: { parts: named, ...(decoding ? { decoding } : {}) }, vectors };
}

/** One vector for one token. */
export function one(data: Float32Array): Vectors {
  return { dims: [1, 1, data.length], data };
}

/** Logits of a whole prompt [tokens × V]. */
export async function logitsOf(
  decoder: Decoder,
  prompt: readonly number[],
  boundary?: { prompt: number; answer: number },
): Promise<Float32Array> {
  const { logits } = decoder.anatomy;
  const stage = await Stage.create(decoder, undefined, [logits], { prepack: false });
  try {
    return floats(await stage.run(rightPad([prompt], 0, boundary && [boundary])), logits).slice();
  } finally {
    await stage.release();
  }
}

/** Greedy continuation with the cache: its tokens, the scores that each was chosen by, and the exits of a decoding rule. */
export async function written(decoder: Decoder, prompt: readonly number[], maxTokens: number) {
  const generator = await Generator.create(decoder, { prepack: false });
  const steps: Float32Array[] = [];
  const exits: (number | undefined)[] = [];
  try {
    const [generated] = await generator.continue([prompt], {
      maxTokens,
      sampling: greedy,
      onStep: (_, scores, exit) => {
        steps.push(scores.slice());
        exits.push(exit);
      },
    });
    return { generated: generated!, steps, exits };
  } finally {
    await generator.release();
  }
}

/**
 * Holds a steered prompt, and what is written behind it with the cache, against goldens. One session gives both; that the application's own
 * generator writes the same is held by {@link written}.
 */
export async function holdRun(
  golden: Golden,
  what: string,
  steering: Steering,
  prompt: readonly number[],
  wanted: {
    readonly logits?: string | undefined;
    readonly generated?: readonly number[] | undefined;
    readonly step_logits?: string | undefined;
  },
): Promise<void> {
  const decoder = steered(golden.decoder, steering);
  const { inputs, anatomy } = decoder;
  const session = await decoder.session(slice(decoder.graph, [anatomy.logits, ...inputs.past.map(({ present }) => present)]), {
    prepack: false,
  });
  const boundary = { prompt: prompt.length, answer: prompt.length };
  const ids = [...prompt];
  const steps: Float32Array[] = [];
  let past = new Map<string, ort.Tensor>();
  let settled = 0;
  try {
    do {
      const result = await session.run(feedsFor(inputs, rightPad([ids.slice(settled)], settled, [boundary]), session.inputs, past));
      const logits = floats(result, anatomy.logits);
      if (settled === 0 && wanted.logits !== undefined) golden.hold(`${what} logits`, golden.columns(logits), golden.floats(wanted.logits));
      steps.push(logits.slice(-golden.spec.vocabulary));
      past = new Map(inputs.past.map((slot) => [slot.input, result[slot.present]!]));
      settled = ids.length;
      ids.push(largest(steps.at(-1)!, 1)[0]!);
    } while (steps.length < (wanted.generated?.length ?? 1));
  } finally {
    await session.release();
  }
  if (wanted.generated === undefined) return;
  expect(ids.slice(prompt.length), what).toEqual(wanted.generated);
  if (wanted.step_logits !== undefined)
    golden.hold(`${what} steps`, golden.columns(steps.flatMap((step) => [...step])), golden.floats(wanted.step_logits));
}

/** Holds what the application's own generator writes. */
export async function holdWritten(
  golden: Golden,
  what: string,
  steering: Steering,
  prompt: readonly number[],
  wanted: { readonly generated?: readonly number[] | undefined; readonly step_logits?: string | undefined },
): Promise<void> {
  const { generated, steps } = await written(steered(golden.decoder, steering), prompt, wanted.generated!.length);
  expect(generated, what).toEqual(wanted.generated);
  golden.hold(`${what} steps`, golden.columns(steps.flatMap((step) => [...step])), golden.floats(wanted.step_logits!));
}

/** Folder that a file named in a case lies in. */
export function besides(folder: string, tensors: string): string {
  return dirname(resolve(folder, tensors));
}
