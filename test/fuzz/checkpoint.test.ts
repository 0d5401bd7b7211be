import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSource } from '../../electron/engine/architectures/source.ts';
import { writeSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { encodeModel } from '../../electron/engine/onnx/write.ts';
import { EmendError } from '../../shared/errors.ts';
import { CONFIG, tensors } from '../unit/architectures/tiny.ts';

const RUNS = 2000;
const SEED = Number(process.env['EMEND_FUZZ_SEED'] ?? 16);
const INDEX = 'model.safetensors.index.json';

const folder = mkdtempSync(join(tmpdir(), 'emend-fuzz-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(`${RUNS} damaged checkpoints give a model or a clear error (seed ${SEED})`, () => {
  const whole = files();
  const random = generator(SEED);
  const put = (name: string, bytes: Uint8Array | string) => {
    rmSync(join(folder, name), { force: true }); // some file systems sync a file that is cut and written again
    writeFileSync(join(folder, name), bytes);
  };
  for (const [name, bytes] of whole) put(name, bytes);
  const open = () => encodeModel(readSource(join(folder, 'config.json')));
  expect(open).not.toThrow();
  let read = 0;
  let refused = 0;
  for (let run = 0; run < RUNS; run++) {
    const [name, bytes] = whole[random(whole.length)]!;
    const isJson = name.endsWith('.json');
    const damaged = isJson && random(3) > 0 ? Buffer.from(changedJson(JSON.parse(bytes.toString()), random)) : changedBytes(bytes, random);
    put(name, damaged);
    try {
      open();
      read++;
    } catch (error) {
      if (!(error instanceof EmendError)) {
        const dump = join(tmpdir(), `emend-fuzz-${SEED}-${run}-${name}`);
        writeFileSync(dump, damaged);
        throw new Error(`run ${run} of seed ${SEED} threw ${String(error)}; ${name} is kept at ${dump}`, { cause: error });
      }
      expect(error.message.length).toBeLessThan(2000);
      refused++;
    }
    put(name, bytes);
  }
  // both outcomes must be common, or the mutations test nothing
  expect(read).toBeGreaterThan(RUNS / 50);
  expect(refused).toBeGreaterThan(RUNS / 4);
}, 120_000);

/** A checkpoint in two parts with scaled positions: every file that is read, and its bytes. */
function files(): [string, Buffer][] {
  const all = [...tensors()];
  const half = Math.ceil(all.length / 2);
  const parts = [all.slice(0, half), all.slice(half)].map((part, i) => [`part-${i}.safetensors`, new Map(part)] as const);
  const places = Object.fromEntries(parts.flatMap(([file, part]) => [...part.keys()].map((name) => [name, file])));
  const scaling = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8 };
  return [
    ['config.json', Buffer.from(JSON.stringify({ ...CONFIG, rope_scaling: scaling }))],
    [INDEX, Buffer.from(JSON.stringify({ metadata: { total_size: 1 }, weight_map: places }))],
    ...parts.map(([file, part]): [string, Buffer] => [file, Buffer.from(writeSafetensors(part))]),
  ];
}

const ODD: readonly unknown[] = [null, -1, 0, 1, 2, 3, 1e9, 1e300, 0.5, '', 'x', '../x', true, [], [1], {}, { type: 'yarn' }];

/** One value anywhere replaced, left out or added. */
function changedJson(value: unknown, random: (below: number) => number): string {
  const change = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null || Array.isArray(part) || random(8) === 0) return ODD[random(ODD.length)];
    const entries = Object.entries(part);
    const at = random(entries.length + 1);
    if (at === entries.length)
      entries.push([['head_dim', 'sliding_window', 'quantization_config', 'new_key'][random(4)]!, ODD[random(ODD.length)]]);
    else if (random(5) === 0) entries.splice(at, 1);
    else entries[at] = [entries[at]![0], change(entries[at]![1])];
    return Object.fromEntries(entries);
  };
  return JSON.stringify(change(value)) ?? 'null';
}

/** A few bytes of the header or behind it changed, added, or cut off. */
function changedBytes(source: Buffer, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(source);
  const at = random(Math.min(bytes.length, 1500));
  const kind = random(5);
  if (kind === 0) bytes[at]! ^= 1 << random(8);
  else if (kind === 1) bytes[at] = 0x30 + random(10);
  else if (kind === 2) return bytes.subarray(0, at);
  else if (kind === 3) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(16))]);
  else return Buffer.concat([bytes.subarray(0, at), Buffer.from([random(256)]), bytes.subarray(at)]);
  return bytes;
}

/** Whole numbers below a bound, from a seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
