import { describe, expect, test } from 'vitest';
import { float as floatAttribute, floatTensor, intTensor, memoryTensor } from '../../../electron/engine/onnx/build.ts';
import { codeOf } from '../../../electron/engine/onnx/dtypes.ts';
import type { Graph, LocalFunction, Model, Tensor } from '../../../electron/engine/onnx/graph.ts';
import { analysisCopy, upcast } from '../../../electron/engine/onnx/passes/index.ts';
import { floatsToBytes } from '../../../electron/engine/onnx/tensors.ts';
import { bool, difference, float, frozen, graphOf, modelOf, node, randoms, run, value, X, Y } from './run.ts';

describe('upcast', () => {
  const half = (values: Float32Array, dims: number[], dtype: 'float16' | 'bfloat16' = 'float16'): Tensor => ({
    dtype,
    dims,
    data: { kind: 'bytes', bytes: floatsToBytes(values, dtype) },
  });
  const weights = randoms(16, 3);

  /** A little of everything: a cast chain as around norms, a scalar, a filled shape, an identity matrix, a mask with the least half. */
  function halfGraph(dtype: 'float16' | 'bfloat16'): Graph {
    const to = (type: 'float16' | 'bfloat16' | 'float32') => ({ to: codeOf(type)! });
    return graphOf({
      inputs: [X, value('seen', 'bool', ['n', 4])],
      outputs: [Y],
      constants: new Map([
        ['w', half(weights, [4, 4], dtype)],
        ['two', half(Float32Array.of(2), [], dtype)],
        ['shape', intTensor([4, 4], [2])],
        ['least', half(Float32Array.of(-60000), [1], dtype)],
      ]),
      nodes: [
        node('Cast', ['x'], ['xh'], to(dtype)),
        node('MatMul', ['xh', 'w'], ['h']),
        node('Cast', ['h'], ['h32'], to('float32')),
        node('Pow', ['h32', 'two32'], ['squares']),
        node('Cast', ['squares'], ['s16'], to(dtype)),
        node('ConstantOfShape', ['shape'], ['filled'], { value: { type: 'tensor', value: half(Float32Array.of(0.5), [1], dtype) } }),
        node('EyeLike', ['filled'], ['eye'], { dtype: codeOf(dtype)! }),
        node('MatMul', ['s16', 'eye'], ['same']),
        node('Mul', ['same', 'two'], ['doubled']),
        node('Where', ['seen', 'doubled', 'least'], ['masked']),
        node('Softmax', ['masked'], ['y16'], { axis: -1 }),
        node('Cast', ['y16'], ['y'], to('float32')),
      ],
    });
  }

  test.each(['float16', 'bfloat16'] as const)('%s weights are read as they are and everything computes in float32', async (dtype) => {
    const graph = halfGraph(dtype);
    graph.constants.set('two32', floatTensor(Float32Array.of(2), []));
    const before = frozen(graph);
    const model = modelOf(graph);
    const up = upcast(model);
    expect(frozen(graph)).toBe(before);
    expect(up.graph.constants.get('w')).toBe(graph.constants.get('w'));
    expect(up.graph.nodes.filter((n) => n.op === 'Cast').map((n) => n.inputs[0])).toEqual(['w']);

    const feeds = {
      x: float([3, 4]),
      seen: bool(
        Array.from({ length: 12 }, (_, i) => i % 4 !== 2),
        [3, 4],
      ),
    };
    const found = (await run(up, feeds)).y!;
    const rounded = new Float32Array(floatsToBytes(weights, dtype).length / 2);
    const bits = new Uint16Array(floatsToBytes(weights, dtype).buffer);
    const exact = graphOf({ ...graph, constants: new Map(graph.constants) });
    if (dtype === 'float16') expect(difference((await run(model, feeds)).y, found)).toBeLessThan(2e-2);
    // against the same computation written with the rounded weights in float32
    bits.forEach((b, i) => (rounded[i] = dtype === 'bfloat16' ? new Float32Array(Uint32Array.of(b << 16).buffer)[0]! : halfValue(b)));
    exact.constants = new Map([
      ['w', floatTensor(rounded, [4, 4])],
      ['two', floatTensor(Float32Array.of(2), [])],
      ['least', floatTensor(Float32Array.of(dtype === 'float16' ? -60000 : -59904), [1])],
    ]);
    exact.nodes = [
      node('MatMul', ['x', 'w'], ['h']),
      node('Mul', ['h', 'h'], ['s']),
      node('Mul', ['s', 'two'], ['doubled']),
      node('Where', ['seen', 'doubled', 'least'], ['masked']),
      node('Softmax', ['masked'], ['y'], { axis: -1 }),
    ];
    expect(difference((await run(modelOf(exact), feeds)).y, found)).toBeLessThan(1e-6);
  });

  test('inputs and outputs become float32, outputs keep their names, branches follow', async () => {
    const then = graphOf({
      outputs: [value('t', 'float16')],
      constants: new Map([['k', half(Float32Array.of(1, 2), [2])]]),
      nodes: [node('Mul', ['h', 'k'], ['t'])],
    });
    const otherwise = graphOf({ outputs: [value('e', 'float16')], nodes: [node('Identity', ['h'], ['e'])] });
    const graph = graphOf({
      inputs: [value('x', 'float16', [2]), value('c', 'bool', [])],
      outputs: [value('y', 'float16'), value('z', 'float32'), value('w', 'float16')],
      constants: new Map([['w', half(Float32Array.of(3, 4), [2])]]),
      nodes: [
        node('Cast', ['x'], ['z'], { to: codeOf('float32')! }),
        node('Cast', ['z'], ['h'], { to: codeOf('float16')! }),
        node('If', ['c'], ['y'], { then_branch: { type: 'graph', value: then }, else_branch: { type: 'graph', value: otherwise } }),
      ],
    });
    const up = upcast(modelOf(graph));
    expect([...up.graph.inputs, ...up.graph.outputs].map((v) => v.dtype)).toEqual(['float32', 'bool', 'float32', 'float32', 'float32']);
    const feeds = (c: boolean) => ({ x: float([2]), c: bool([c], []) });
    const [x0, x1] = [...(float([2]).data as Float32Array)] as [number, number];
    expect([...((await run(up, feeds(true))).y!.data as Float32Array)]).toEqual([x0, 2 * x1]);
    const plain = await run(up, feeds(false));
    expect([...(plain.y!.data as Float32Array)]).toEqual([x0, x1]);
    expect([...(plain.z!.data as Float32Array)]).toEqual([x0, x1]);
    expect([...(plain.w!.data as Float32Array)]).toEqual([3, 4]);
  });

  test('four-bit weights with half-precision scales still run, scales cast', async () => {
    const packed = Uint8Array.from({ length: 4 * 16 }, (_, i) => (i * 37) % 256);
    const scales = randoms(4, 5).map((v) => Math.round(v * 64) / 64);
    const build = (dtype: 'float32' | 'float16'): Graph =>
      graphOf({
        inputs: [value('x', dtype, ['n', 32])],
        outputs: [value('y', dtype)],
        constants: new Map<string, Tensor>([
          ['b', memoryTensor('uint8', [4, 1, 16], packed)],
          ['s', dtype === 'float16' ? half(scales, [4]) : floatTensor(scales, [4])],
        ]),
        nodes: [node('MatMulNBits', ['x', 'b', 's'], ['y'], { K: 32, N: 4, bits: 4, block_size: 32 }, 'com.microsoft')],
      });
    const x = float([3, 32]);
    const [wanted, found] = [await run(modelOf(build('float32')), { x }), await run(upcast(modelOf(build('float16'))), { x })];
    expect(difference(wanted.y, found.y)).toBeLessThan(1e-6);
  });

  test('a float32 graph is returned as it is', () => {
    const model = modelOf(graphOf({ inputs: [X], outputs: [Y], nodes: [node('Cast', ['x'], ['y'], { to: codeOf('float32')! })] }));
    expect(upcast(model)).toBe(model);
  });

  function halfValue(bits: number): number {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return bits & 0x8000 ? -size : size;
  }
});

test('analysisCopy of a half-precision composite in a function, at an old opset, is one flat float32 graph', async () => {
  const bits = floatsToBytes(randoms(4, 2), 'float16');
  const norm: LocalFunction = {
    domain: 'f',
    name: 'Norm',
    inputs: ['a', 'g'],
    outputs: ['r'],
    attributes: {},
    nodes: [
      node('Constant', [], ['two'], { value: { type: 'tensor', value: memoryTensor('float16', [], Uint16Array.of(0x4000)) } }),
      node('Pow', ['a', 'two'], ['squares']),
      node('ReduceMean', ['squares'], ['mean'], { axes: [-1] }),
      node('Div', ['a', 'mean'], ['scaled']),
      node('Mul', ['scaled', 'g'], ['r']),
    ],
  };
  const graph = graphOf({
    inputs: [value('x', 'float16', ['n', 1, 4])],
    outputs: [value('y', 'float16')],
    constants: new Map([['g', { dtype: 'float16', dims: [4], data: { kind: 'bytes', bytes: bits } }]]),
    nodes: [
      node('SkipSimplifiedLayerNormalization', ['x', 'x', 'g'], ['normed'], { epsilon: floatAttribute(1e-6) }, 'com.microsoft'),
      node('Norm', ['normed', 'g'], ['y'], {}, 'f'),
    ],
  });
  const model: Model = {
    ...modelOf(graph, 17),
    functions: [norm],
    opsets: new Map([
      ['', 17],
      ['com.microsoft', 1],
      ['f', 1],
    ]),
  };
  const copy = analysisCopy(model);
  expect(copy.graph.nodes.map((n) => n.op)).toEqual(['Cast', 'Add', 'SimplifiedLayerNormalization', 'Pow', 'ReduceMean', 'Div', 'Mul']);
  expect(copy.opsets.get('')).toBe(18);
  const x = float([3, 1, 4]);
  const y = (await run({ ...copy, opsets: new Map([['', 18]]) }, { x })).y!;

  const g = [...randoms(4, 2)];
  const xs = x.data as Float32Array;
  for (let row = 0; row < 3; row++) {
    const sum = [...xs.slice(4 * row, 4 * row + 4)].map((v) => 2 * v);
    const rms = Math.sqrt(sum.reduce((s, v) => s + v * v, 0) / 4 + 1e-6);
    const normed = sum.map((v, i) => (v / rms) * g[i]!);
    const mean = normed.reduce((s, v) => s + v * v, 0) / 4;
    normed.forEach((v, i) => expect(y.data[4 * row + i]).toBeCloseTo((v / mean) * g[i]!, 2));
  }
});
