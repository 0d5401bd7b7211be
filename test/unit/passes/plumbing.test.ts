import { describe, expect, test } from 'vitest';
import { float as floatAttribute, floatTensor, intTensor } from '../../../electron/engine/onnx/build.ts';
import { constantsFromNodes, prune, raiseOpset, slicesFromSequences } from '../../../electron/engine/onnx/passes/index.ts';
import { bool, difference, float, frozen, graphOf, modelOf, names, node, run, value, X, Y } from './run.ts';

describe('constantsFromNodes', () => {
  test('moves constants of every kind, in branches too, and leaves one that is an output', async () => {
    const inner = graphOf({
      outputs: [value('b')],
      nodes: [node('Constant', [], ['k'], { value_float: floatAttribute(3) }), node('Add', ['x', 'k'], ['b'])],
    });
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

  test('keeps the largest int64, which stands for "to the end"', async () => {
    const limit = node('Constant', [], ['end'], { value_ints: { type: 'ints', value: [2 ** 63] } });
    const graph = graphOf({
      inputs: [X],
      outputs: [Y],
      constants: new Map([['start', intTensor([1], [1])]]),
      nodes: [limit, node('Slice', ['x', 'start', 'end', 'start'], ['y'])],
    });
    const x = float([2, 4]);
    expect([...((await run(modelOf(constantsFromNodes(graph)), { x })).y!.data as Float32Array)]).toEqual(
      [1, 2, 3, 5, 6, 7].map((i) => x.data[i]),
    );
  });
});

describe('slicesFromSequences', () => {
  test.each([
    ['parts of one size, the last smaller', intTensor([3], []), 2],
    ['parts of their own sizes', intTensor([1, 2, 5], [3]), 3],
  ])('%s', async (_, sizes, parts) => {
    const graph = graphOf({
      inputs: [value('x', 'float32', ['n', 8])],
      outputs: Array.from({ length: parts }, (_, i) => value(`y${i}`)),
      constants: new Map([['sizes', sizes], ...Array.from({ length: parts }, (_, i) => [`${i}`, intTensor([i], [])] as const)]),
      nodes: [
        node('SplitToSequence', ['x', 'sizes'], ['list'], { axis: -1 }),
        ...Array.from({ length: parts }, (_, i) => node('SequenceAt', ['list', `${i}`], [`y${i}`])),
      ],
    });
    const sliced = prune(slicesFromSequences(graph));
    expect(sliced.nodes.map((n) => n.op)).toEqual(Array.from({ length: parts }, () => 'Slice'));
    const x = float([2, 8]);
    const [wanted, found] = [await run(modelOf(graph), { x }), await run(modelOf(sliced), { x })];
    for (const { name } of graph.outputs) expect(difference(wanted[name], found[name])).toBe(0);
  });

  test('a list that is read in another way stays', () => {
    const graph = graphOf({
      inputs: [X, value('i', 'int64', [])],
      outputs: [Y],
      constants: new Map([['size', intTensor([2], [])]]),
      nodes: [node('SplitToSequence', ['x', 'size'], ['list']), node('SequenceAt', ['list', 'i'], ['y'])],
    });
    expect(slicesFromSequences(graph).nodes).toEqual(graph.nodes);
  });
});

describe('raiseOpset', () => {
  const graph = graphOf({
    inputs: [X],
    outputs: [Y],
    constants: new Map([
      ['sum axes', intTensor([1], [1])],
      ['sizes', intTensor([1, 3], [2])],
    ]),
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
