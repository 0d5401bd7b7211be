import { describe, expect, test } from 'vitest';
import { boolTensor, float as floatAttribute, floatTensor, intTensor, memoryTensor } from '../../../electron/engine/onnx/build.ts';
import { codeOf } from '../../../electron/engine/onnx/dtypes.ts';
import type { Graph, LocalFunction, Model, Node, Tensor } from '../../../electron/engine/onnx/graph.ts';
import { analysisCopy, constantsFromNodes, inlineBranches, inlineFunctions, prune, raiseOpset, upcast } from '../../../electron/engine/onnx/passes/index.ts';
import { floatsToBytes } from '../../../electron/engine/onnx/tensors.ts';
import { bool, difference, float, graphOf, modelOf, node, randoms, run, value } from './run.ts';

const X = value('x', 'float32', ['n', 4]);
const Y = value('y');

/** A copy that shares nothing, to see afterwards that a pass left its input alone. */
const frozen = (graph: Graph): string => JSON.stringify(graph, (_, v: unknown) => (v instanceof Map ? [...(v as Map<string, unknown>)] : v));

function names(graph: Graph): string[] {
  return graph.nodes.flatMap((n) => n.outputs);
}

describe('inlineFunctions', () => {
  const double: LocalFunction = { domain: 'f', name: 'Double', inputs: ['a'], outputs: ['r'], attributes: {}, nodes: [node('Add', ['a', 'a'], ['r'])] };
  const quadruple: LocalFunction = {
    domain: 'f', name: 'Quadruple', inputs: ['a', 'unused'], outputs: ['r', 'same'], attributes: {},
    nodes: [node('Double', ['a'], ['t'], {}, 'f'), node('Double', ['t'], ['r'], {}, 'f'), node('Neg', ['r'], ['other'])],
  };
  const withPassedOn: LocalFunction = { ...quadruple, nodes: quadruple.nodes, outputs: ['r', 'a'] };
  const model = (functions: LocalFunction[], graph: Graph): Model => ({ ...modelOf(graph), opsets: new Map([['', 18], ['f', 1]]), functions });

  test('puts bodies, and the bodies that they call, in place of calls, each under names of its own', async () => {
    const graph = graphOf({
      inputs: [X],
      outputs: [Y, value('copy')],
      nodes: [node('Quadruple', ['x'], ['four', 'copy'], {}, 'f'), node('Quadruple', ['four'], ['y'], {}, 'f')],
    });
    const before = frozen(graph);
    const inlined = inlineFunctions(model([double, withPassedOn], graph));
    expect(frozen(graph)).toBe(before);
    expect(inlined.functions).toEqual([]);
    expect(inlined.graph.nodes.every((n) => n.domain === '')).toBe(true);
    expect(new Set(names(inlined.graph)).size).toBe(names(inlined.graph).length);
    const x = float([2, 4]);
    const out = await run(inlined, { x });
    expect(difference(out.copy, x)).toBe(0);
    expect([...(out.y!.data as Float32Array)]).toEqual([...(x.data as Float32Array)].map((v) => Math.fround(16 * v)));
  });

  test('reaches calls within subgraphs', async () => {
    const branch = (op: string): Graph => graphOf({ outputs: [value('b')], nodes: [node(op, ['x'], ['b'], {}, op === 'Neg' ? '' : 'f')] });
    const choice = node('If', ['c'], ['y'], { then_branch: { type: 'graph', value: branch('Double') }, else_branch: { type: 'graph', value: branch('Neg') } });
    const inlined = inlineFunctions(model([double], graphOf({ inputs: [X, value('c', 'bool', [1])], outputs: [Y], nodes: [choice] })));
    const x = float([1, 4]);
    const out = await run({ ...inlined, opsets: new Map([['', 18]]) }, { x, c: bool([true], [1]) });
    expect([...(out.y!.data as Float32Array)]).toEqual([...(x.data as Float32Array)].map((v) => 2 * v));
  });

  test('refuses a function that calls itself', () => {
    const endless: LocalFunction = { ...double, nodes: [node('Double', ['a'], ['r'], {}, 'f')] };
    const graph = graphOf({ inputs: [X], outputs: [Y], nodes: [node('Double', ['x'], ['y'], {}, 'f')] });
    expect(() => inlineFunctions(model([endless], graph))).toThrow(/f::Double calls itself/);
  });
});

describe('inlineBranches', () => {
  /** Both branches use the same names inside, as exporters write them. */
  const branch = (op: string, read: string[], constants: [string, Tensor][] = []): Graph =>
    graphOf({ outputs: [value('out')], constants: new Map(constants), nodes: [node('Identity', ['x'], ['inner']), node(op, ['inner', ...read], ['out'])] });
  const choice = (condition: string, then: Graph, otherwise: Graph, output = 'y'): Node =>
    node('If', [condition], [output], { then_branch: { type: 'graph', value: then }, else_branch: { type: 'graph', value: otherwise } });
  const past = value('past', 'float32', ['n', 4]);
  const flag = value('use_cache_branch', 'bool', [1]);

  test.each([['then_branch', false], ['else_branch', true]])('keeps the branch that reads the past when that is the %s, and drops the flag', async (_, swapped) => {
    const branches = [branch('Add', ['past']), branch('Neg', [])] as const;
    const graph = graphOf({ inputs: [X, past, flag], outputs: [Y], nodes: [swapped ? choice(flag.name, branches[1], branches[0]) : choice(flag.name, ...branches)] });
    const before = frozen(graph);
    const flat = inlineBranches(graph);
    expect(frozen(graph)).toBe(before);
    expect(flat.nodes.map((n) => n.op)).toEqual(['Identity', 'Add']);
    expect(names(flat)).toEqual(['inner', 'y']);
    expect(flat.inputs.map((i) => i.name)).toEqual(['x', 'past']);
    const [x, p] = [float([2, 4], 1), float([2, 4], 2)];
    const wanted = await run(modelOf(graph), { x, past: p, use_cache_branch: bool([!swapped], [1]) });
    expect(difference(wanted.y, (await run(modelOf(flat), { x, past: p })).y)).toBe(0);
  });

  test('lets the caller choose, and keeps a flag that something else reads', () => {
    const graph = graphOf({
      inputs: [X, past, flag],
      outputs: [Y, value('not', 'bool')],
      nodes: [choice(flag.name, branch('Add', ['past']), branch('Neg', [])), node('Not', [flag.name], ['not'])],
    });
    const flat = inlineBranches(graph, () => 'else_branch');
    expect(flat.nodes.map((n) => n.op)).toEqual(['Identity', 'Neg', 'Not']);
    expect(flat.inputs.map((i) => i.name)).toEqual(['x', 'past', 'use_cache_branch']);
  });

  test('decides constant conditions, and keeps names apart when several branches come in', async () => {
    const two = floatTensor(Float32Array.of(2), []);
    const three = floatTensor(Float32Array.of(3), []);
    const graph = graphOf({
      inputs: [X],
      outputs: [Y],
      constants: new Map([['yes', boolTensor([true], [])], ['no', boolTensor([false], [])]]),
      nodes: [
        choice('yes', branch('Mul', ['c'], [['c', two]]), branch('Neg', []), 'first'),
        choice('no', branch('Neg', []), branch('Add', ['c', ], [['c', three]]), 'second'),
        node('Add', ['first', 'second'], ['y']),
      ],
    });
    const flat = inlineBranches(graph);
    expect(new Set(names(flat)).size).toBe(names(flat).length);
    const x = float([1, 4]);
    expect(difference((await run(modelOf(graph), { x })).y, (await run(modelOf(flat), { x })).y)).toBe(0);
  });

  test('a branch that returns an outer value, or one value twice, still gives the If its outputs', async () => {
    const then = graphOf({ outputs: [value('x'), value('t'), value('t')], nodes: [node('Neg', ['x'], ['t'])] });
    const both = node('If', ['yes'], ['y', 'a', 'b'], { then_branch: { type: 'graph', value: then }, else_branch: { type: 'graph', value: then } });
    const flat = inlineBranches(graphOf({ inputs: [X], outputs: [Y, value('a'), value('b')], constants: new Map([['yes', boolTensor([true], [])]]), nodes: [both] }));
    const x = float([1, 4]);
    const out = await run(modelOf(flat), { x });
    expect(difference(out.y, x)).toBe(0);
    expect(difference(out.a, out.b)).toBe(0);
  });

  test('leaves an If that is decided by the data', () => {
    const graph = graphOf({
      inputs: [X, value('c', 'int64', [])],
      outputs: [Y],
      constants: new Map([['zero', intTensor([0], [])]]),
      nodes: [node('Greater', ['c', 'zero'], ['positive']), choice('positive', branch('Abs', []), branch('Neg', []))],
    });
    expect(inlineBranches(graph).nodes).toEqual(graph.nodes);
  });
});

describe('constantsFromNodes', () => {
  test('moves constants of every kind, in branches too, and leaves one that is an output', async () => {
    const inner = graphOf({ outputs: [value('b')], nodes: [node('Constant', [], ['k'], { value_float: floatAttribute(3) }), node('Add', ['x', 'k'], ['b'])] });
    const attribute = { type: 'graph', value: inner } as const;
    const graph = graphOf({
      inputs: [X, value('c', 'bool', [])],
      outputs: [Y, value('given', 'int64')],
      nodes: [
        node('Constant', [], ['one'], { value: { type: 'tensor', value: floatTensor(Float32Array.of(1), []) } }),
        node('Constant', [], ['shape'], { value_ints: [-1, 2] }),
        node('Constant', [], ['weights'], { value_floats: { type: 'floats', value: [1, 2] } }),
        node('Constant', [], ['given'], { value_int: 7 }),
        node('If', ['c'], ['chosen'], { then_branch: attribute, else_branch: attribute }),
        node('Reshape', ['chosen', 'shape'], ['pairs']),
        node('Mul', ['pairs', 'weights'], ['scaled']),
        node('Add', ['scaled', 'one'], ['y']),
      ],
    });
    const before = frozen(graph);
    const out = constantsFromNodes(graph);
    expect(frozen(graph)).toBe(before);
    expect([...out.constants.keys()]).toEqual(['one', 'shape', 'weights']);
    expect(out.nodes.filter((n) => n.op === 'Constant').map((n) => n.outputs[0])).toEqual(['given']);
    const feeds = { x: float([2, 4]), c: bool([true], []) };
    const [wanted, found] = [await run(modelOf(graph), feeds), await run(modelOf(out), feeds)];
    expect(difference(wanted.y, found.y)).toBe(0);
    expect(found.given!.data).toEqual(wanted.given!.data);
  });
});

describe('raiseOpset', () => {
  const graph = graphOf({
    inputs: [X],
    outputs: [Y],
    constants: new Map([['sum axes', intTensor([1], [1])], ['sizes', intTensor([1, 3], [2])]]),
    nodes: [
      node('ReduceMean', ['x'], ['mean'], { axes: [-1] }),
      node('ReduceMax', ['x'], ['max'], { axes: [1], keepdims: 1 }),
      node('ReduceL2', ['x'], ['all']),
      node('ReduceSum', ['x', 'sum axes'], ['sum']),
      node('Split', ['x'], ['left', 'right'], { axis: 1 }),
      node('Split', ['x', 'sizes'], ['first', 'rest'], { axis: 1 }),
      node('Add', ['mean', 'max'], ['a']),
      node('Add', ['a', 'all'], ['b']),
      node('Sub', ['b', 'sum'], ['c']),
      node('Mul', ['left', 'right'], ['d']),
      node('Mul', ['d', 'first'], ['e']),
      node('Concat', ['c', 'e', 'rest'], ['y'], { axis: 1 }),
    ],
  });

  test.each([13, 14, 15, 16, 17])('opset %i computes the same as 18', async (opset) => {
    const before = frozen(graph);
    const model = modelOf(graph, opset);
    const raised = raiseOpset(model);
    expect(frozen(graph)).toBe(before);
    expect(raised.opsets.get('')).toBe(18);
    expect(model.opsets.get('')).toBe(opset);
    const x = float([3, 4]);
    expect(difference((await run(model, { x })).y, (await run(raised, { x })).y)).toBe(0);
  });

  test.each([18, 21, 23])('opset %i stays', (opset) => {
    const model = modelOf(graph, opset);
    expect(raiseOpset(model)).toBe(model);
  });
});

describe('upcast', () => {
  const half = (values: Float32Array, dims: number[], dtype: 'float16' | 'bfloat16' = 'float16'): Tensor => ({ dtype, dims, data: { kind: 'bytes', bytes: floatsToBytes(values, dtype) } });
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

    const feeds = { x: float([3, 4]), seen: bool(Array.from({ length: 12 }, (_, i) => i % 4 !== 2), [3, 4]) };
    const found = (await run(up, feeds)).y!;
    const rounded = new Float32Array(floatsToBytes(weights, dtype).length / 2);
    const bits = new Uint16Array(floatsToBytes(weights, dtype).buffer);
    const exact = graphOf({ ...graph, constants: new Map(graph.constants) });
    if (dtype === 'float16') expect(difference((await run(model, feeds)).y, found)).toBeLessThan(2e-2);
    // against the same computation written with the rounded weights in float32
    bits.forEach((b, i) => (rounded[i] = dtype === 'bfloat16' ? new Float32Array(Uint32Array.of(b << 16).buffer)[0]! : halfValue(b)));
    exact.constants = new Map([['w', floatTensor(rounded, [4, 4])], ['two', floatTensor(Float32Array.of(2), [])], ['least', floatTensor(Float32Array.of(dtype === 'float16' ? -60000 : -59904), [1])]]);
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
    const then = graphOf({ outputs: [value('t', 'float16')], constants: new Map([['k', half(Float32Array.of(1, 2), [2])]]), nodes: [node('Mul', ['h', 'k'], ['t'])] });
    const otherwise = graphOf({ outputs: [value('h', 'float16')] });
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

describe('prune', () => {
  const inner = graphOf({ outputs: [value('b')], nodes: [node('Add', ['kept by branch', 'k'], ['b'])] });
  const graph = graphOf({
    inputs: [X, value('unused'), value('c', 'bool', [])],
    outputs: [Y, value('z')],
    constants: new Map(['k', 'lost', 'for z'].map((name) => [name, floatTensor(Float32Array.of(1), [])])),
    nodes: [
      node('Neg', ['x'], ['kept by branch']),
      node('Add', ['x', 'lost'], ['nowhere']),
      node('If', ['c'], ['y'], { then_branch: { type: 'graph', value: inner }, else_branch: { type: 'graph', value: inner } }),
      node('Split', ['x'], ['z', 'half'], { axis: 1, num_outputs: 2 }),
      node('Add', ['half', 'for z'], ['further']),
    ],
  });

  test('drops what no output needs, and sees what branches read', () => {
    const before = frozen(graph);
    const out = prune(graph);
    expect(frozen(graph)).toBe(before);
    expect(names(out)).toEqual(['kept by branch', 'y', 'z', 'half']);
    expect([...out.constants.keys()]).toEqual(['k']);
    expect(out.inputs).toEqual(graph.inputs);
  });

  test('takes other outputs instead', () => {
    const out = prune(graph, [value('further')]);
    expect(names(out)).toEqual(['z', 'half', 'further']);
    expect(out.outputs).toEqual([value('further')]);
  });
});

test('analysisCopy of a half-precision composite in a function, at an old opset, is one flat float32 graph', async () => {
  const bits = floatsToBytes(randoms(4, 2), 'float16');
  const norm: LocalFunction = {
    domain: 'f', name: 'Norm', inputs: ['a', 'g'], outputs: ['r'], attributes: {},
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
  const model: Model = { ...modelOf(graph, 17), functions: [norm], opsets: new Map([['', 17], ['com.microsoft', 1], ['f', 1]]) };
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
