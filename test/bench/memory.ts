import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { spread, type SpreadSettings } from '../../electron/engine/edit/spread.ts';
import type { KeyStatistics } from '../../electron/engine/edit/statistics.ts';
import type { Statistics } from '../../electron/engine/edit/statistics.ts';
import { silent } from '../../shared/progress.ts';
import { type Matrix, matrix } from '../../electron/engine/linalg/matrix.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { makeFacts } from './facts.ts';

const FLAG = '--edit-in-child';

const Job = v.object({
  folder: v.string(),
  threads: v.number(),
  facts: v.number(),
  vocabulary: v.number(),
  width: v.number(),
  settings: v.object({
    layers: v.array(v.number()),
    covarianceWeight: v.number(),
    steps: v.number(),
    learningRate: v.number(),
    weightDecay: v.number(),
    klFactor: v.number(),
    clamp: v.number(),
    stopBelow: v.number(),
  }),
});
const Result = v.object({ started: v.number(), peak: v.number() });

/** Peak resident memory, in bytes: before the model was opened, and in the end. */
export type Memory = v.InferOutput<typeof Result>;

const factorFile = (folder: string, layer: number) => join(folder, `factor-${layer}`);

/** Does the whole edit in a process of its own, which reads the covariance factors from files, and tells what memory that took. */
export async function editInChild(
  folder: string,
  threads: number,
  facts: number,
  settings: SpreadSettings,
  statistics: Statistics,
  script: string,
): Promise<Memory> {
  let width = 0;
  for (const layer of settings.layers) {
    const { lower } = await statistics.factor(layer);
    width = lower.rows;
    writeFileSync(factorFile(folder, layer), new Uint8Array(lower.data.buffer));
  }
  const vocabulary = v.parse(
    v.object({ vocab_size: v.number() }),
    JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')),
  ).vocab_size;
  const job: v.InferOutput<typeof Job> = {
    folder,
    threads,
    facts,
    vocabulary,
    width,
    settings: { ...settings, layers: [...settings.layers] },
  };
  const { stdout } = await promisify(execFile)(process.execPath, [script, FLAG, JSON.stringify(job)]);
  return v.parse(Result, JSON.parse(stdout));
}

/** In the child: does the job that the arguments name, if they do. */
export async function runAsChild(args: readonly string[]): Promise<boolean> {
  const at = args.indexOf(FLAG);
  if (at < 0) return false;
  const { folder, threads, facts, vocabulary, width, settings } = v.parse(Job, JSON.parse(args[at + 1] ?? ''));
  const started = peakMemory();
  const decoder = await Decoder.open(join(folder, 'model.onnx'), { threads });
  await spread(decoder, makeFacts(facts, vocabulary), settings, new StoredFactors(folder, width), silent);
  console.log(JSON.stringify({ started, peak: peakMemory() }));
  return true;
}

/** Factors read when asked for and not kept. */
class StoredFactors implements KeyStatistics {
  private readonly folder: string;
  private readonly width: number;

  constructor(folder: string, width: number) {
    this.folder = folder;
    this.width = width;
  }

  covariance(): Matrix {
    throw new Error('The edit should need factors only.');
  }

  eigen(): never {
    throw new Error('The edit should need factors only.');
  }

  factor(layer: number): Promise<{ lower: Matrix }> {
    const lower = matrix(this.width, this.width);
    const bytes = new Uint8Array(lower.data.buffer);
    const file = openSync(factorFile(this.folder, layer), 'r');
    for (let done = 0; done < bytes.length;) done += readSync(file, bytes, done, Math.min(1 << 22, bytes.length - done), done);
    closeSync(file);
    return Promise.resolve({ lower });
  }
}

/** VmHWM: pages of mapped files count, as they do against a person's memory. */
export function peakMemory(): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error('/proc/self/status has no VmHWM: the memory measurement needs Linux.');
  return Number(kilobytes) * 1024;
}
