import { describe, expect, test } from 'vitest';
import { floatTensor, intTensor } from '../../../electron/engine/onnx/build.ts';
import type { Graph, LocalFunction, Model, Node, Tensor } from '../../../electron/engine/onnx/graph.ts';
import { inlineBranches, inlineFunctions } from '../../../electron/engine/onnx/passes/index.ts';
import { bool, difference, float, frozen, graphOf, modelOf, names, node, run, value, X, Y } from './run.ts';
import { boolTensor } from '../onnx/models.ts';

describe('inlineFunctions', () => {
  const double: LocalFunction = {
    domain: 'f',
    name: 'Double',
    inputs: ['a'],
    outputs: ['r'],
    attributes: {},
    nodes: [node('Add', ['a', 'a'], ['r'])],
  };
  const quadruple: LocalFunction = {
    domain: 'f',
    name: 'Quadruple',
    inputs: ['a', 'unused'],
    outputs: ['r', 'a'],
    attributes: {}, // the second is the input as it is
    nodes: [node('Double', ['a'], ['t'], {}, 'f'), node('Double', ['t'], ['r'], {}, 'f'), node('Neg', ['r'], ['other'])].map((n) => ({
      ...n,
      name: '',
    })),
  };
  const model = (functions: LocalFunction[], graph: Graph): Model => ({
    ...modelOf(graph),
    opsets: new Map([
      ['', 18],
      ['f', 1],
    ]),
    functions,
  });

  test('puts bodies, and the bodies that they call, in place of calls, each under names of its own', async () => {
    const graph = graphOf({
      inputs: [X],
      outputs: [Y, value('copy')],
      nodes: [node('Quadruple', ['x'], ['four', 'copy'], {}, 'f'), node('Quadruple', ['four'], ['y'], {}, 'f')],
    });
    const before = frozen(graph);
    const inlined = inlineFunctions(model([double, quadruple], graph));
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
    const choice = node('If', ['c'], ['y'], {
      then_branch: { type: 'graph', value: branch('Double') },
      else_branch: { type: 'graph', value: branch('Neg') },
    });
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
    graphOf({
      outputs: [value('out')],
      constants: new Map(constants),
      nodes: [node('Identity', ['x'], ['inner']), node(op, ['inner', ...read], ['out'])],
    });
  const choice = (condition: string, then: Graph, otherwise: Graph, output = 'y'): Node =>
    node('If', [condition], [output], { then_branch: { type: 'graph', value: then }, else_branch: { type: 'graph', value: otherwise } });
  const past = value('past', 'float32', ['n', 4]);
  const flag = value('use_cache_branch', 'bool', [1]);

  test.each([
    ['then_branch', false],
    ['else_branch', true],
  ])('keeps the branch that reads the past when that is the %s, and drops the flag', async (_, swapped) => {
    const branches = [branch('Add', ['past']), branch('Neg', [])] as const;
    const graph = graphOf({
      inputs: [X, past, flag],
      outputs: [Y],
      nodes: [swapped ? choice(flag.name, branches[1], branches[0]) : choice(flag.name, ...branches)],
    });
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
      constants: new Map([
        ['yes', boolTensor([true], [])],
        ['no', boolTensor([false], [])],
      ]),
      nodes: [
        choice('yes', branch('Mul', ['c'], [['c', two]]), branch('Neg', []), 'first'),
        choice('no', branch('Neg', []), branch('Add', ['c'], [['c', three]]), 'second'),
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
    const both = node('If', ['yes'], ['y', 'a', 'b'], {
      then_branch: { type: 'graph', value: then },
      else_branch: { type: 'graph', value: then },
    });
    const flat = inlineBranches(
      graphOf({ inputs: [X], outputs: [Y, value('a'), value('b')], constants: new Map([['yes', boolTensor([true], [])]]), nodes: [both] }),
    );
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
