import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { intTensor, memoryTensor } from '../../electron/engine/onnx/build.ts';
import type { Attribute, Model, Tensor } from '../../electron/engine/onnx/graph.ts';
import { readModel } from '../../electron/engine/onnx/read.ts';
import { encodeModel } from '../../electron/engine/onnx/write.ts';
import { EmendError } from '../../shared/errors.ts';
import { root as fixturesRoot } from '../fixtures.ts';
import { boolTensor } from '../unit/onnx/models.ts';

const RUNS = 10_000;
const SEED = Number(process.env['EMEND_FUZZ_SEED'] ?? 20);

const folder = mkdtempSync(join(tmpdir(), 'emend-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(`${RUNS} damaged models give a model or a clear error, quickly and within memory (seed ${SEED})`, () => {
  writeFileSync(join(folder, 'data.bin'), new Uint8Array(5000));
  const sources = [ownModel(), ...fixtures()];
  const random = generator(SEED);
  const file = join(folder, 'model.onnx');
  for (const source of sources) {
    writeFileSync(file, source);
    expect(() => readModel(file)).not.toThrow();
  }
  let read = 0;
  let refused = 0;
  let slowest = 0;
  let largest = 0;
  for (let run = 0; run < RUNS; run++) {
    // mostly the small model that has one of everything; real heads are longer and dearer
    const source = sources[random(10) < 8 ? 0 : random(sources.length)]!;
    const bytes = mutate(source, random);
    rmSync(file); // some file systems sync a file that is cut and written again
    writeFileSync(file, bytes);
    const memory = process.memoryUsage.rss();
    const start = performance.now();
    try {
      const model = readModel(file);
      encodeModel({ ...model, folder });
      read++;
    } catch (error) {
      if (!(error instanceof EmendError)) {
        const dump = join(tmpdir(), `emend-fuzz-${SEED}-${run}.onnx`);
        writeFileSync(dump, bytes);
        throw new Error(`run ${run} of seed ${SEED} threw ${String(error)}; the input is kept at ${dump}`, { cause: error });
      }
      expect(error.message.length).toBeLessThan(2000);
      refused++;
    }
    slowest = Math.max(slowest, performance.now() - start);
    largest = Math.max(largest, process.memoryUsage.rss() - memory);
  }
  // both outcomes must be common, or the mutations test nothing
  expect(read).toBeGreaterThan(RUNS / 50);
  expect(refused).toBeGreaterThan(RUNS / 4);
  expect(slowest).toBeLessThan(2000);
  expect(largest).toBeLessThan(100e6);
}, 120_000);

/** A model with at least one of everything that the reader looks at, a few hundred bytes long. */
function ownModel(): Uint8Array {
  const branch = (name: string): Attribute => ({
    type: 'graph',
    value: {
      name,
      inputs: [],
      outputs: [{ name: `${name}o`, dtype: 'float32', dims: [2] }],
      nodes: [{ name: `${name}n`, op: 'Identity', domain: '', inputs: ['k'], outputs: [`${name}o`], attributes: {} }],
      constants: new Map(),
    },
  });
  const model: Model = {
    folder,
    file: 'model.onnx',
    irVersion: 10,
    opsets: new Map([
      ['', 18],
      ['local', 1],
    ]),
    producer: 'fuzz',
    metadata: { key: 'value' },
    functions: [
      {
        domain: 'local',
        name: 'F',
        inputs: ['a'],
        outputs: ['b'],
        attributes: { p: undefined, q: { type: 'float', value: 1 } },
        nodes: [{ name: 'f', op: 'Neg', domain: '', inputs: ['a'], outputs: ['b'], attributes: {} }],
      },
    ],
    graph: {
      name: 'g',
      inputs: [{ name: 'x', dtype: 'float32', dims: [2, 'n', undefined] }],
      outputs: [{ name: 'y', dtype: 'float32', dims: [2] }],
      nodes: [
        {
          name: 'one',
          op: 'Constant',
          domain: '',
          inputs: [],
          outputs: ['k'],
          attributes: { value: { type: 'tensor', value: memoryTensor('float32', [2], Float32Array.of(1, 2)) } },
        },
        {
          name: 'two',
          op: 'If',
          domain: '',
          inputs: ['c'],
          outputs: ['z'],
          attributes: { then_branch: branch('t'), else_branch: branch('e') },
        },
        {
          name: 'three',
          op: 'F',
          domain: 'local',
          inputs: ['z', '', 'w'],
          outputs: ['y'],
          attributes: {
            i: { type: 'ints', value: [1, -1] },
            s: { type: 'strings', value: ['ab'] },
            f: { type: 'floats', value: [1, 2] },
            t: { type: 'string', value: 'é' },
          },
        },
      ],
      constants: new Map([
        ['c', boolTensor([true], [])],
        ['w', intTensor([1, 2, 3], [3])],
        ['big', memoryTensor('float16', [600], new Uint16Array(600))],
        ['far', { dtype: 'float32', dims: [10, 100], data: { kind: 'file', file: 'data.bin', offset: 1000, length: 4000 } }],
        ['near', { dtype: 'int4', dims: [3], data: { kind: 'file', file: 'data.bin', offset: 8, length: 2 } }],
      ]),
    },
  };
  return encodeModel(model);
}

/** The structure of real exports; their weights stay in copies of the original files. */
function fixtures(): Uint8Array[] {
  const root = join(fixturesRoot, 'exports');
  const names = [
    'genai-int4/llama/model.onnx',
    'dynamo18/gpt2/model.onnx',
    'optimum/gpt2/model.onnx',
    'optimum-merged/gpt2/decoder_model_merged.onnx',
  ];
  return names
    .map((name) => join(root, name))
    .filter((file) => existsSync(file))
    .map((file, i) => {
      const model = readModel(file);
      const constants = [...model.graph.constants].map(([name, tensor]): [string, Tensor] => {
        if (tensor.data.kind === 'bytes') return [name, tensor];
        const copy = `fixture-${i}-${tensor.data.file}`;
        if (!existsSync(join(folder, copy))) copyFileSync(join(model.folder, tensor.data.file), join(folder, copy));
        return [name, { ...tensor, data: { ...tensor.data, file: copy } }];
      });
      return encodeModel({ ...model, graph: { ...model.graph, constants: new Map(constants) } });
    });
}

function mutate(source: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = Buffer.from(source);
  const changes = 1 + random(3);
  for (let i = 0; i < changes; i++) {
    const at = random(bytes.length);
    switch (random(8)) {
      case 0:
        bytes[at]! ^= 1 << random(8);
        break;
      case 1:
        bytes[at] = random(256);
        break;
      case 2: // a length or value at its extremes
        bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)]!;
        break;
      case 3: // a length of many bytes, up to 2^63
        bytes.fill(0xff, at, Math.min(bytes.length, at + 1 + random(9)));
        break;
      case 4:
        bytes = bytes.subarray(0, Math.max(1, at));
        break;
      case 5:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(Array.from({ length: 1 + random(8) }, () => random(256))),
          bytes.subarray(at),
        ]);
        break;
      case 6: // leave a piece out
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(16))]);
        break;
      default: {
        // say a piece twice
        const piece = bytes.subarray(at, at + 1 + random(64));
        bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
      }
    }
    if (bytes.length === 0) break;
  }
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
