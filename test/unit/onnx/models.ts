import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { memoryTensor } from '../../../electron/engine/onnx/build.ts';
import type { Graph, Model, Node, Tensor, Value } from '../../../electron/engine/onnx/graph.ts';
import { encodeModel } from '../../../electron/engine/onnx/write.ts';

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that is removed after the tests of this file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'emend-onnx-'));
  made.push(folder);
  return folder;
}

export function node(op: string, inputs: string[], outputs: string[], attributes: Node['attributes'] = {}): Node {
  return { name: `${op}_${outputs.join()}`, op, domain: '', inputs, outputs, attributes };
}

export function value(name: string, dims: Value['dims'], dtype: Value['dtype'] = 'float32'): Value {
  return { name, dtype, dims };
}

export function model(folder: string, graph: Partial<Graph>, more: Partial<Model> = {}): Model {
  return {
    folder,
    file: 'model.onnx',
    irVersion: 9,
    opsets: new Map([['', 18]]),
    producer: 'test',
    metadata: {},
    functions: [],
    graph: { name: 'g', inputs: [], outputs: [], nodes: [], constants: new Map(), ...graph },
    ...more,
  };
}

/** Writes a model's own .onnx file and returns its path. */
export function save(m: Model): string {
  const file = join(m.folder, m.file);
  writeFileSync(file, encodeModel(m));
  return file;
}

/** Deterministic numbers in [-1, 1). */
export function numbers(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** y = x·w + b with w [rows, columns]; w of more than 256 numbers is stored in the .onnx file, fewer are read into memory. */
export function linear(folder: string, rows: number, columns: number, weight?: Tensor): Model {
  const w = weight ?? memoryTensor('float32', [rows, columns], numbers(rows * columns));
  return model(folder, {
    inputs: [value('x', ['n', rows])],
    outputs: [value('y', ['n', columns])],
    nodes: [node('MatMul', ['x', 'w'], ['xw']), node('Add', ['xw', 'b'], ['y'])],
    constants: new Map([
      ['w', w],
      ['b', memoryTensor('float32', [columns], numbers(columns, 7))],
    ]),
  });
}

/** A boolean constant held in memory. */
export function boolTensor(values: readonly boolean[], dims: readonly number[]): Tensor {
  return memoryTensor(
    'bool',
    dims,
    Uint8Array.from(values, (v) => (v ? 1 : 0)),
  );
}
