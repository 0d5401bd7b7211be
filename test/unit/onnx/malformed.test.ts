import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Message, MessageInitShape } from '@bufbuild/protobuf';
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import {
  AttributeProto_AttributeType as Type,
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProtoSchema,
  TensorProto_DataLocation as Location,
  TensorProto_DataType as T,
} from '../../../electron/engine/onnx/proto/onnx_pb.ts';
import { readModel } from '../../../electron/engine/onnx/read.ts';
import { tensorBytes, tensorFloats, tensorInts } from '../../../electron/engine/onnx/tensors.ts';
import { EmendError } from '../../../shared/errors.ts';
import { temporaryFolder } from './models.ts';

type GraphInit = Exclude<MessageInitShape<typeof GraphProtoSchema>, Message>;
type TensorInit = Exclude<MessageInitShape<typeof TensorProtoSchema>, Message>;

const floats = { elemType: T.FLOAT, shape: { dim: [{ value: { case: 'dimValue' as const, value: 1n } }] } };
const x = { name: 'x', type: { value: { case: 'tensorType' as const, value: floats } } };

const header = { irVersion: 8n, opsetImport: [{ domain: '', version: 18n }] };

function encode(graph: GraphInit, more: Partial<typeof header> & { trainingInfo?: object[] } = {}): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { ...header, graph: { name: 'g', input: [x], output: [x], ...graph }, ...more }),
  );
}

function read(bytes: Uint8Array, folder = temporaryFolder()) {
  const file = join(folder, 'model.onnx');
  writeFileSync(file, bytes);
  return readModel(file);
}

const withTensor = (tensor: TensorInit) => encode({ initializer: [{ name: 'w', ...tensor }] });
const external = (entries: Record<string, string>, dims = [4n]): TensorInit => ({
  dims,
  dataType: T.FLOAT,
  dataLocation: Location.EXTERNAL,
  externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
});

function expectRefusal(work: () => unknown, code: string, message: RegExp): void {
  let error: unknown;
  try {
    work();
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(EmendError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect((error as EmendError).hint).not.toBe('');
}

describe('files that are no models', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /is empty/],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\n'), /Git LFS pointer/],
    ['a web page', Buffer.from('<!DOCTYPE html><html></html>'), /web page/],
    ['text', Buffer.from('hello, this is not a model'), /damaged|wrong encoding|wire type|no ONNX model/],
    ['zeros', new Uint8Array(64), /impossible field number/],
    ['an endless number', new Uint8Array(64).fill(0xff), /endless number/],
    ['a length of 2^56', Buffer.from('3a80808080808080801000', 'hex'), /truncated or damaged/],
    ['a model without a graph', toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n })), /no graph/],
    ['a graph without a version', encode({}, { irVersion: 0n }), /format version is 0/],
    ['two graphs', Buffer.concat([encode({}), encode({})]), /ModelProto\.graph twice/],
  ])('refuses %s', (_, bytes, message) => {
    expectRefusal(() => read(bytes), 'bad-file', message);
  });

  it.skipIf(process.platform === 'win32')('refuses a pipe without waiting for it', () => {
    const pipe = join(temporaryFolder(), 'model.onnx');
    execFileSync('mkfifo', [pipe]);
    expectRefusal(() => readModel(pipe), 'bad-file', /not a regular file/);
  });

  it('refuses a path that is missing, and a folder', () => {
    const folder = temporaryFolder();
    expectRefusal(() => readModel(join(folder, 'model.onnx')), 'not-found', /There is no file/);
    expectRefusal(() => readModel(folder), 'bad-file', /not a regular file|cannot be opened/);
  });

  it('refuses every truncation of a valid file', () => {
    const folder = temporaryFolder();
    const whole = encode({ initializer: [{ name: 'w', dims: [2n], dataType: T.FLOAT, rawData: new Uint8Array(8) }] });
    expect(read(whole).graph.constants.size).toBe(1);
    for (let length = 0; length < whole.length; length++) expect(() => read(whole.subarray(0, length), folder)).toThrow(EmendError);
  });

  it('refuses a file that asks for far more memory than it is long', () => {
    const writer = new BinaryWriter()
      .uint32((1 << 3) | 0)
      .uint32(8)
      .uint32((7 << 3) | 2)
      .fork();
    for (let i = 0; i < 3_000_000; i++) writer.uint32((1 << 3) | 2).uint32(0); // empty nodes of two bytes each
    expectRefusal(() => read(writer.join().finish()), 'unsupported', /more than 1024 MiB/);
  });
});

describe('versions and contents that are not supported', () => {
  it.each([12, 25])('refuses opset %d by name', (version) => {
    expectRefusal(
      () => read(encode({}, { opsetImport: [{ domain: 'ai.onnx', version: BigInt(version) }] })),
      'unsupported',
      new RegExp(`version ${version} of the standard operators; 13 to 24`),
    );
  });

  it('wants the standard operators named', () => {
    expectRefusal(
      () => read(encode({}, { opsetImport: [{ domain: 'com.microsoft', version: 1n }] })),
      'bad-file',
      /does not say which version/,
    );
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['sparse constants', encode({ sparseInitializer: [{ values: { name: 'thin' } }] }), /sparse constant "thin"/],
    ['training graphs', encode({}, { trainingInfo: [{}] }), /training graphs/],
    ['strings', withTensor({ dims: [1n], dataType: T.STRING, stringData: [new Uint8Array(1)] }), /"w" holds strings/],
    ['segments', withTensor({ dims: [1n], dataType: T.FLOAT, floatData: [1], segment: { begin: 0n, end: 1n } }), /split into segments/],
    [
      'attributes of unknown kinds',
      encode({ node: [{ name: 'n', opType: 'Op', attribute: [{ name: 'a', type: Type.TENSORS }] }] }),
      /Node "n" \(Op\), attribute "a" is of the type TENSORS/,
    ],
    [
      'references to a function’s attributes',
      encode({ node: [{ opType: 'Op', output: ['o'], attribute: [{ name: 'a', type: Type.INT, refAttrName: 'b' }] }] }),
      /Node "o" \(Op\), attribute "a" refers to/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expectRefusal(() => read(bytes), 'unsupported', message);
  });
});

describe('tensors', () => {
  it.each<[string, TensorInit, RegExp]>([
    ['a negative dimension', { dims: [-1n], dataType: T.FLOAT }, /"w" has impossible dimensions \[-1\]/],
    ['dimensions that overflow', { dims: [2n ** 40n, 2n ** 40n], dataType: T.FLOAT }, /impossible dimensions/],
    ['too little data', { dims: [3n], dataType: T.FLOAT, rawData: new Uint8Array(8) }, /float32\[3\] needs 12 bytes of data but has 8/],
    ['too many values', { dims: [1n], dataType: T.FLOAT, floatData: [1, 2] }, /needs 4 bytes of data but has 8/],
    ['no data', { dims: [3n], dataType: T.FLOAT }, /"w" has no data/],
    ['an unknown type', { dims: [1n], dataType: 99, rawData: new Uint8Array(4) }, /element type 99/],
    ['data in two ways', { dims: [1n], dataType: T.FLOAT, rawData: new Uint8Array(4), floatData: [1] }, /stores its data twice/],
    [
      'values in a field of another type',
      { dims: [1n], dataType: T.FLOAT, int64Data: [1n] },
      /in int64Data, where its type 1 expects floatData/,
    ],
  ])('refuses %s', (_, tensor, message) => {
    expectRefusal(() => read(withTensor(tensor)), 'bad-file', message);
  });

  it('reads values stored element by element', () => {
    const tensors: Record<string, [TensorInit, number[]]> = {
      f32: [{ dataType: T.FLOAT, floatData: [1.5, -2] }, [1.5, -2]],
      f64: [{ dataType: T.DOUBLE, doubleData: [0.1] }, [Math.fround(0.1)]],
      f16: [{ dataType: T.FLOAT16, int32Data: [0x3c00, 0xc000] }, [1, -2]],
      bf16: [{ dataType: T.BFLOAT16, int32Data: [0x3f80] }, [1]],
      i64: [{ dataType: T.INT64, int64Data: [-5n] }, [-5]],
      i32: [{ dataType: T.INT32, int32Data: [-5, 6] }, [-5, 6]],
      i8: [{ dataType: T.INT8, int32Data: [-5, 6] }, [-5, 6]],
      u16: [{ dataType: T.UINT16, int32Data: [65535] }, [65535]],
      u32: [{ dataType: T.UINT32, uint64Data: [4294967295n] }, [4294967296]], // as the nearest float32
      bool: [{ dataType: T.BOOL, int32Data: [1, 0] }, [1, 0]],
      empty: [{ dataType: T.INT64 }, []],
    };
    const m = read(encode({ initializer: Object.entries(tensors).map(([name, [t, v]]) => ({ name, dims: [BigInt(v.length)], ...t })) }));
    for (const [name, [, expected]] of Object.entries(tensors))
      expect([...tensorFloats(m, m.graph.constants.get(name)!)], name).toEqual(expected);
  });

  it('knows types that the engine does not use, and 4-bit ones, by their sizes', () => {
    const m = read(
      encode({
        initializer: [
          { name: 'f8', dims: [3n], dataType: T.FLOAT8E4M3FN, rawData: new Uint8Array(3) },
          { name: 'e5', dims: [2n], dataType: T.FLOAT8E5M2, int32Data: [1, 255] },
          { name: 'u4', dims: [3n], dataType: T.UINT4, rawData: Uint8Array.of(0x21, 0x03) },
        ],
      }),
    );
    expect(tensorBytes(m, m.graph.constants.get('e5')!)).toEqual(Uint8Array.of(1, 255));
    expect(m.graph.constants.get('f8')!.dtype).toBe('other');
    expect(tensorInts(m, m.graph.constants.get('u4')!)).toEqual([1, 2, 3]);
  });

  it('reads an input that is also a constant as a constant', () => {
    const m = read(
      encode({
        output: [{ ...x, name: 'w' }],
        input: [x, { ...x, name: 'w' }],
        initializer: [{ name: 'w', dims: [1n], dataType: T.FLOAT, floatData: [1] }],
      }),
    );
    expect(m.graph.inputs.map((i) => i.name)).toEqual(['x']);
  });
});

describe('external data', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'data.bin'), new Uint8Array(100));

  it.each<[string, Record<string, string>, RegExp]>([
    ['an absolute location', { location: '/etc/passwd' }, /"w" is stored in "\/etc\/passwd", which is absolute/],
    ['a Windows location', { location: 'C:\\secret' }, /is absolute/],
    ['a location that climbs', { location: 'a/../../secret' }, /leads out of the model folder/],
    ['a location that climbs on Windows', { location: 'a\\..\\..\\secret' }, /leads out of the model folder/],
    ['a memory address', { location: '*/_ORT_MEM_ADDR_/*', offset: '4096', length: '16' }, /is a memory address/],
    ['no location', { offset: '0' }, /is empty/],
    ['a missing file', { location: 'gone.bin' }, /Data file "gone\.bin" of tensor "w" is missing/],
    ['a folder', { location: 'sub' }, /not a regular file/],
    ['a range beyond the end', { location: 'data.bin', offset: '92' }, /bytes 92 to 108 of "data\.bin", which has only 100/],
    ['a huge offset', { location: 'data.bin', offset: '9007199254740990' }, /which has only 100 bytes/],
    ['an offset beyond exact numbers', { location: 'data.bin', offset: '99999999999999999999' }, /instead of a byte count/],
    ['a negative offset', { location: 'data.bin', offset: '-4' }, /instead of a byte count/],
    ['a length that does not fit', { location: 'data.bin', length: '12' }, /needs 16 bytes of data but has 12/],
  ])('refuses %s', (_, entries, message) => {
    mkdirSync(join(folder, 'sub'), { recursive: true });
    expectRefusal(() => read(withTensor(external(entries)), folder), 'bad-file', message);
  });

  it('refuses ranges that overlap, and allows the same range twice', () => {
    const two = (a: string, b: string) =>
      encode({
        initializer: [
          { name: 'v', ...external({ location: 'data.bin', offset: a }) },
          { name: 'w', ...external({ location: './data.bin', offset: b }) },
        ],
      });
    expectRefusal(() => read(two('0', '8'), folder), 'bad-file', /"v" and "w" overlap in "data\.bin"/);
    expect(read(two('8', '8'), folder).graph.constants.size).toBe(2);
    expect(read(two('0', '16'), folder).graph.constants.size).toBe(2);
  });

  it('follows links as the Hugging Face cache lays them', () => {
    const cache = temporaryFolder();
    mkdirSync(join(cache, 'blobs'));
    mkdirSync(join(cache, 'snapshots'));
    writeFileSync(join(cache, 'blobs', '1'), withTensor(external({ location: 'model.onnx_data', offset: '4' })));
    writeFileSync(join(cache, 'blobs', '2'), Buffer.from(Float32Array.of(9, 1, 2, 3, 4).buffer));
    symlinkSync('../blobs/1', join(cache, 'snapshots', 'model.onnx'));
    symlinkSync('../blobs/2', join(cache, 'snapshots', 'model.onnx_data'));
    const m = readModel(join(cache, 'snapshots', 'model.onnx'));
    expect([...tensorFloats(m, m.graph.constants.get('w')!)]).toEqual([1, 2, 3, 4]);
  });

  it('reads far behind 4 GiB', () => {
    const far = temporaryFolder();
    const offset = 5 * 2 ** 30;
    writeFileSync(join(far, 'data.bin'), '');
    truncateSync(join(far, 'data.bin'), offset + 16); // sparse: takes no space
    const m = read(withTensor(external({ location: 'data.bin', offset: String(offset) })), far);
    expect(m.graph.constants.get('w')!.data).toEqual({ kind: 'file', file: 'data.bin', offset, length: 16 });
    expect(tensorBytes(m, m.graph.constants.get('w')!)).toEqual(new Uint8Array(16));
  });
});

describe('names and order', () => {
  const op = (name: string, input: string[], output: string[]) => ({ name, opType: 'Sum', input, output });
  const y = { ...x, name: 'y' };

  it.each<[string, GraphInit, RegExp]>([
    [
      'a value defined twice',
      { node: [op('a', ['x'], ['y']), op('b', ['x'], ['y'])] },
      /Node "b" \(Sum\) defines "y", which is defined already/,
    ],
    ['a node that defines an input', { node: [op('a', [], ['x'])] }, /defines "x", which is defined already/],
    [
      'a constant twice',
      { initializer: [{ name: 'w' }, { name: 'w' }].map((t) => ({ ...t, dims: [0n], dataType: T.FLOAT })) },
      /constant "w" is defined twice/,
    ],
    ['a constant without a name', { initializer: [{ dims: [0n], dataType: T.FLOAT }] }, /constant has no name/],
    ['a value that nothing defines', { node: [op('a', ['z'], ['y'])] }, /Node "a" \(Sum\) reads "z", which nothing defines/],
    ['an output that nothing defines', { output: [y] }, /output list of graph "g" reads "y"/],
    ['a cycle', { node: [op('a', ['q'], ['p']), op('b', ['p'], ['q'])] }, /cycle: Node "a" \(Sum\), Node "b" \(Sum\) wait/],
    ['a node that reads itself', { node: [op('a', ['p'], ['p'])] }, /cycle: Node "a"/],
    [
      'an attribute twice',
      {
        node: [
          {
            ...op('a', ['x'], ['p']),
            attribute: [
              { name: 'k', type: Type.INT },
              { name: 'k', type: Type.INT },
            ],
          },
        ],
      },
      /attribute "k" twice/,
    ],
    [
      'an attribute without a type',
      { node: [{ ...op('a', ['x'], ['p']), attribute: [{ name: 'k', i: 3n }] }] },
      /attribute "k" does not say its type/,
    ],
  ])('refuses %s', (_, graph, message) => {
    expectRefusal(() => read(encode(graph)), 'bad-file', message);
  });

  it('puts nodes into order, looking into subgraphs too', () => {
    const branch = (name: string): GraphInit => ({
      name,
      node: [op(`${name}2`, [`${name}_p`], [`${name}_o`]), op(`${name}1`, ['late'], [`${name}_p`])],
      output: [{ ...x, name: `${name}_o` }],
    });
    const m = read(
      encode({
        output: [y],
        node: [
          {
            name: 'if',
            opType: 'If',
            input: ['x'],
            output: ['y'],
            attribute: [
              { name: 'then_branch', type: Type.GRAPH, g: branch('t') },
              { name: 'else_branch', type: Type.GRAPH, g: branch('e') },
            ],
          },
          op('maker', ['x'], ['late']),
        ],
      }),
    );
    expect(m.graph.nodes.map((n) => n.name)).toEqual(['maker', 'if']);
    const then = m.graph.nodes[1]!.attributes['then_branch']!;
    expect(then.type === 'graph' && then.value.nodes.map((n) => n.name)).toEqual(['t1', 't2']);
  });

  it('stays quick with very many subgraphs and names', () => {
    const g: GraphInit = { name: 'b', node: [op('', ['x'], ['i'])], output: [{ ...x, name: 'i' }] };
    const node = Array.from({ length: 10_000 }, (_, i) => ({
      opType: 'If',
      input: ['x'],
      output: [`o${i}`],
      attribute: [{ name: 'then_branch', type: Type.GRAPH, g }],
    }));
    const bytes = encode({ node: node.reverse() });
    const start = process.cpuUsage(); // not the clock: others may keep the machine busy
    expect(read(bytes).graph.nodes.length).toBe(10_000);
    expect(process.cpuUsage(start).user).toBeLessThan(5e6);
  });

  it('refuses subgraphs nested deeper than 32', () => {
    const nested = (depth: number): GraphInit => ({
      name: `g${depth}`,
      node:
        depth === 0
          ? []
          : [
              {
                opType: 'If',
                input: ['x'],
                output: [`o${depth}`],
                attribute: [{ name: 'then_branch', type: Type.GRAPH, g: nested(depth - 1) }],
              },
            ],
    });
    expect(read(encode(nested(32))).graph.nodes.length).toBe(1);
    expectRefusal(() => read(encode(nested(33))), 'bad-file', /nested deeper than 32/);
    expectRefusal(() => read(encode({ input: [{ name: 'x', type: sequence(200) }] })), 'bad-file', /nested deeper/);
  });
});

type TypeInit = { value: { case: 'sequenceType'; value: { elemType?: TypeInit } } };
function sequence(depth: number): TypeInit {
  let type: TypeInit = { value: { case: 'sequenceType', value: {} } };
  for (let i = 0; i < depth; i++) type = { value: { case: 'sequenceType', value: { elemType: type } } };
  return type;
}

it.skipIf(process.platform === 'win32')('indexes a file of nearly 2 GB without reading its weights', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'model.onnx');
  const length = 1_990_000_000;
  const open = (start: Uint8Array, field: number, rest: number) =>
    new BinaryWriter()
      .raw(start)
      .uint32((field << 3) | 2)
      .uint32(rest)
      .finish();
  const tensor = open(
    toBinary(TensorProtoSchema, create(TensorProtoSchema, { name: 'w', dims: [BigInt(length / 4)], dataType: T.FLOAT })),
    9,
    length,
  );
  const graph = open(
    toBinary(GraphProtoSchema, create(GraphProtoSchema, { name: 'g', input: [x], output: [x] })),
    5,
    tensor.length + length,
  );
  const head = Buffer.concat([
    toBinary(ModelProtoSchema, create(ModelProtoSchema, header)),
    open(new Uint8Array(0), 7, graph.length + tensor.length + length),
    graph,
    tensor,
  ]);
  writeFileSync(file, head);
  truncateSync(file, head.length + length - 1); // the rest is a hole, which takes no space
  expectRefusal(() => readModel(file), 'bad-file', /truncated or damaged/);
  truncateSync(file, head.length + length);

  const before = process.memoryUsage().arrayBuffers;
  const start = performance.now();
  const w = readModel(file).graph.constants.get('w')!;
  expect(performance.now() - start).toBeLessThan(500);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
  expect(w).toEqual({ dtype: 'float32', dims: [length / 4], data: { kind: 'file', file: 'model.onnx', offset: head.length, length } });
});
