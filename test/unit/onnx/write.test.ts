import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { floatTensor, memoryTensor } from '../../../electron/engine/onnx/build.ts';
import type { Attribute, Graph, Model, Tensor } from '../../../electron/engine/onnx/graph.ts';
import { readModel } from '../../../electron/engine/onnx/read.ts';
import { encodeModel } from '../../../electron/engine/onnx/write.ts';
import { boolTensor, linear, model, node, numbers, save, temporaryFolder, value } from './models.ts';

async function run(m: Model, feeds: Record<string, ort.Tensor>): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(encodeModel(m), {
    graphOptimizationLevel: 'disabled',
    extra: { session: { model_external_initializers_file_folder_path: m.folder } },
  });
  const outputs = await session.run(feeds);
  await session.release();
  return Object.values(outputs)[0]!.data as Float32Array;
}

describe('encodeModel', () => {
  it('points at weights inside the .onnx file, wherever they begin', async () => {
    const folder = temporaryFolder();
    const original = linear(folder, 24, 16);
    const read = readModel(save(original));
    expect(read.graph.constants.get('w')!.data).toMatchObject({ kind: 'file', file: 'model.onnx', length: 24 * 16 * 4 });
    expect(encodeModel(read).length).toBeLessThan(500);
    const x = new ort.Tensor('float32', numbers(48, 3), [2, 24]);
    expect(await run(read, { x })).toEqual(await run(original, { x }));
  });

  it('reads and writes every kind of attribute', () => {
    const tensor = floatTensor(numbers(4), [2, 2]);
    const attributes: Record<string, Attribute> = {
      int: { type: 'int', value: -5 },
      largest: { type: 'int', value: 2 ** 63 },
      smallest: { type: 'int', value: -(2 ** 63) },
      float: { type: 'float', value: 0.5 },
      string: { type: 'string', value: 'Größe 量' },
      ints: { type: 'ints', value: [1, -1, 2 ** 40] },
      none: { type: 'ints', value: [] },
      floats: { type: 'floats', value: [1.5, -2] },
      strings: { type: 'strings', value: ['a', ''] },
      tensor: { type: 'tensor', value: tensor },
      graph: {
        type: 'graph',
        value: { name: 'body', inputs: [], outputs: [value('o', [1])], nodes: [node('Identity', ['x'], ['o'])], constants: new Map() },
      },
    };
    const m = model(temporaryFolder(), {
      inputs: [value('x', [1])],
      outputs: [value('y', undefined)],
      nodes: [{ ...node('Thing', ['x'], ['y'], attributes), domain: 'my.domain' }],
    });
    expect(readModel(save(m)).graph.nodes[0]!.attributes).toEqual(attributes);
  });

  it('keeps dimensions that are fixed, named or unknown, and says nothing of a type that is unknown', () => {
    const inputs = [
      value('a', [2, 'batch', undefined], 'int64'),
      value('b', [], 'bool'),
      value('c', undefined, 'float16'),
      value('d', undefined, 'other'),
    ];
    const m = model(temporaryFolder(), { inputs, outputs: [value('a', [2, 'batch', undefined], 'int64')] });
    expect(readModel(save(m)).graph.inputs).toEqual(inputs);
  });

  it('keeps functions, metadata, producer and other operator sets', () => {
    const m = model(
      temporaryFolder(),
      { inputs: [value('x', [1])], outputs: [value('y', [1])], nodes: [{ ...node('Twice', ['x'], ['y']), domain: 'local' }] },
      {
        metadata: { author: 'someone', __proto__x: '1' },
        opsets: new Map([
          ['', 21],
          ['local', 1],
        ]),
        functions: [
          {
            domain: 'local',
            name: 'Twice',
            inputs: ['a'],
            outputs: ['b'],
            attributes: { needed: undefined, given: { type: 'int', value: 3 } },
            nodes: [node('Add', ['a', 'a'], ['b'])],
          },
        ],
      },
    );
    expect(readModel(save(m))).toEqual(m);
  });

  it('imports the runtime operators when a subgraph needs them, once', () => {
    const body: Graph = {
      name: 'body',
      inputs: [],
      outputs: [value('o', [1])],
      nodes: [{ ...node('Gelu', ['x'], ['o']), domain: 'com.microsoft' }],
      constants: new Map(),
    };
    const m = model(temporaryFolder(), {
      inputs: [value('x', [1]), value('c', [], 'bool')],
      outputs: [value('y', [1])],
      nodes: [
        node('If', ['c'], ['y'], {
          then_branch: { type: 'graph', value: body },
          else_branch: { type: 'graph', value: { ...body, outputs: [value('p', [1])], nodes: [node('Neg', ['x'], ['p'])] } },
        }),
      ],
    });
    expect([...readModel(save(m)).opsets]).toEqual([
      ['', 18],
      ['com.microsoft', 1],
    ]);
    expect([
      ...readModel(
        save({
          ...m,
          opsets: new Map([
            ['com.microsoft', 1],
            ['', 18],
          ]),
        }),
      ).opsets,
    ]).toEqual([
      ['com.microsoft', 1],
      ['', 18],
    ]);
  });

  it.each([
    [3, 8],
    [8, 8],
    [11, 11],
    [14, 13],
  ])('writes format version %d as %d', (given, written) => {
    expect(readModel(save({ ...linear(temporaryFolder(), 2, 2), irVersion: given })).irVersion).toBe(written);
  });

  it('refuses a tensor whose type only its file can hold', () => {
    const m = linear(temporaryFolder(), 2, 2, memoryTensor('other', [4], new Uint8Array(4)));
    expect(() => encodeModel(m)).toThrow(/"w" has a type that cannot be written/);
  });

  it('lets ONNX Runtime read file ranges from Constant nodes and from branches', async () => {
    const folder = temporaryFolder();
    const bytes = numbers(600);
    writeFileSync(join(folder, 'data.bin'), Buffer.concat([Buffer.alloc(3), Buffer.from(bytes.buffer)]));
    const stored: Tensor = { dtype: 'float32', dims: [600], data: { kind: 'file', file: 'data.bin', offset: 3, length: 2400 } };
    const branch = (name: string, op: string): Attribute => ({
      type: 'graph',
      value: {
        name,
        inputs: [],
        outputs: [value(`${name}_o`, [600])],
        nodes: [
          node('Constant', [], [`${name}_k`], { value: { type: 'tensor', value: stored } }),
          node(op, [`${name}_k`, `${name}_w`], [`${name}_o`]),
        ],
        constants: new Map([[`${name}_w`, stored]]),
      },
    });
    const m = model(folder, {
      inputs: [],
      outputs: [value('y', [600])],
      nodes: [node('If', ['c'], ['y'], { then_branch: branch('t', 'Add'), else_branch: branch('e', 'Sub') })],
      constants: new Map([['c', boolTensor([true], [])]]),
    });
    expect(await run(m, {})).toEqual(bytes.map((v) => v + v));
    expect(readModel(save(m)).graph).toEqual(m.graph);
  });
});
