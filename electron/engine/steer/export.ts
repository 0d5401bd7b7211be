import { basename } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import type { Report } from '../../../shared/progress.ts';
import { Decoder } from '../decoder/decoder.ts';
import { Generator } from '../decoder/generate.ts';
import { Stage } from '../decoder/stage.ts';
import { isCheckpointFile } from '../onnx/checkpoint-files.ts';
import { rewriteGraph } from '../onnx/regraph.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';
import { steered } from './apply.ts';
import { type Baked, bakePlan, type BakePlan } from './bake.ts';
import { steeredGraph } from './graph-edit.ts';
import { PlainRun } from './plain-run.ts';
import type { Steering } from './steering.ts';

/** What an exported steered model was found to do. */
export interface ExportProof {
  readonly prompts: number;
  /** Largest difference of a logit from the model steered at run time. */
  readonly largest: number;
}

/**
 * The plan of an export.
 * @param hasGraph whether what is written has a graph that nodes can be put into; a Hugging Face checkpoint has none
 * @throws EmendError 'unsupported' saying what cannot be exported, and why
 */
export function exportable(decoder: Decoder, steering: Steering, hasGraph: boolean): BakePlan {
  const plan = bakePlan(decoder, steering);
  const inGraph = hasGraph ? undefined : (plan.decoding ?? plan.changes.find(({ way }) => way === 'graph'));
  if (inGraph)
    throw new EmendError(
      'unsupported',
      'This steering needs nodes of its own in the graph, and a Hugging Face checkpoint has no graph to put them into.',
      'Export it as a folder for ONNX Runtime.',
    );
  const impossible = plan.changes.find(({ way }) => way === 'impossible');
  if (!impossible) return plan;
  throw new EmendError(
    'unsupported',
    `The steering of "${impossible.change.place.name}" cannot be exported: ${impossible.said}.`,
    'Steer all tokens, or those from a position on; or use the model here.',
  );
}

/** What is added to constants: the weights' part of a plan. */
export function weightsOf({ changes }: BakePlan): Baked['weights'][number][] {
  return changes.flatMap(({ weights }) => weights);
}

/** Puts the graph's part of a plan into an exported file; nothing where there is none. @returns whether there was one */
export async function exportGraph(decoder: Decoder, steering: Steering, plan: BakePlan, file: string): Promise<boolean> {
  const changes = plan.changes.filter(({ way }) => way === 'graph').map(({ change }) => change);
  const { decoding } = steering.intervention;
  if (changes.length === 0 && !decoding) return false;
  await rewriteGraph(file, (model) => steeredGraph(decoder, model, { changes, decoding }));
  return true;
}

/**
 * Loads an exported file as anybody would, and compares it with the model steered at run time on prompts of tokens. By a rule of decoding
 * only the last position counts.
 * @param decoder without the steering
 */
export async function proveExport(
  decoder: Decoder,
  steering: Steering,
  file: string,
  prompts: readonly (readonly number[])[],
  report: Report,
): Promise<ExportProof> {
  const running = steered(decoder, steering);
  const { logits, vocabulary } = decoder.anatomy;
  const plain = isCheckpointFile(basename(file)) ? await asCheckpoint(file) : await PlainRun.open(file, decoder);
  const stage = running.decoding ? undefined : await Stage.create(running, undefined, [logits], { prepack: false });
  let largest = 0;
  try {
    for (const [done, ids] of prompts.entries()) {
      report.check();
      report.progress('proving the export', done, prompts.length);
      const found = await plain.read(ids);
      const wanted = stage ? floats(await stage.run(rightPad([ids])), logits) : await lastScores(running, ids);
      const own = stage ? found : found.slice(-vocabulary);
      own.forEach((x, i) => (largest = Math.max(largest, x === wanted[i] ? 0 : Math.abs(x - wanted[i]!))));
    }
  } finally {
    await plain.release();
    await stage?.release();
  }
  return { prompts: prompts.length, largest };
}

/** A checkpoint as Emend opens it: nothing else that is here runs one. */
async function asCheckpoint(file: string): Promise<Pick<PlainRun, 'read' | 'release'>> {
  const decoder = await Decoder.open(file);
  const { logits } = decoder.anatomy;
  const stage = await Stage.create(decoder, undefined, [logits], { prepack: false });
  return { read: async (ids) => floats(await stage.run(rightPad([ids])), logits), release: () => stage.release() };
}

async function lastScores(decoder: Decoder, ids: readonly number[]): Promise<Float32Array> {
  const generator = await Generator.create(decoder, { prepack: false });
  try {
    return (await generator.next([ids]))[0]!.slice();
  } finally {
    await generator.release();
  }
}
