import { describe, expect, test } from 'vitest';
import { gradient, lossGradient } from '../../../electron/engine/autodiff/gradient.ts';
import { floatTensor, GraphBuilder, intTensor, memoryTensor } from '../../../electron/engine/onnx/build.ts';
import type { DataType, Graph, Shapes } from '../../../electron/engine/onnx/graph.ts';
import { copyGraph } from '../../../electron/engine/onnx/graph.ts';
import { EmendError } from '../../../shared/errors.ts';
import type { Feeds } from './harness.ts';
import { backward, differences, error, numbers, observe, open, real, run, values, whole } from './harness.ts';
import { boolTensor } from '../onnx/models.ts';

const OPSET = 18;

/** A graph with float32 inputs of any shape, written by `body`. */
function graphOf(inputs: readonly string[], body: (b: GraphBuilder) => void, type: DataType = 'float32'): Graph {
  const graph: Graph = {
    name: 'test',
    inputs: inputs.map((name) => ({ name, dtype: type, dims: undefined })),
    outputs: [],
    nodes: [],
    constants: new Map(),
  };
  const builder = new GraphBuilder(graph, 'test');
  body(builder);
  graph.nodes.push(...builder.take());
  return graph;
}

const tensor = (seed: number, ...dims: number[]) =>
  real(
    numbers(
      seed,
      dims.reduce((n, d) => n * d, 1),
    ),
    dims,
    'float32',
  );
const weight = (seed: number, ...dims: number[]) =>
  floatTensor(
    Float32Array.from(
      numbers(
        seed,
        dims.reduce((n, d) => n * d, 1),
      ),
      (x) => x / 2,
    ),
    dims,
  );
const known = (dims: Record<string, (number | null)[]>): Shapes =>
  new Map(Object.entries(dims).map(([name, d]) => [name, { dtype: 'float32' as const, dims: d }]));

/** Makes a constant an input, so that finite differences can move it. */
function asInput(graph: Graph, name: string): { graph: Graph; feed: Feeds } {
  const copy = copyGraph(graph);
  const { dims, data } = copy.constants.get(name)!;
  copy.constants.delete(name);
  copy.inputs.push({ name, dtype: 'float32', dims });
  if (data.kind !== 'bytes') throw new Error('not in memory');
  return {
    graph: copy,
    feed: { [name]: real([...new Float32Array(data.bytes.buffer, data.bytes.byteOffset, data.bytes.length / 4)], dims, 'float32') },
  };
}

async function expectGradients(
  graph: Graph,
  seed: string,
  wrt: string[],
  at: (B: number, S: number) => Feeds,
  opset = OPSET,
): Promise<void> {
  const shapes = await observe(graph, at(2, 5), at(3, 7), opset);
  const fed = at(2, 4);
  for (const name of wrt) {
    const movable = graph.constants.has(name) ? asInput(graph, name) : { graph, feed: {} };
    const wanted = await differences(movable.graph, [seed], [name], { ...fed, ...movable.feed }, opset);
    for (const level of ['disabled', 'all'] as const) {
      const found = await backward(graph, [seed], wrt, fed, shapes, opset, level);
      expect(error(values(found[name]), wanted[name]!), `${name}, ${level}`).toBeLessThan(1e-3);
    }
  }
}

describe('composed graphs against finite differences', () => {
  test('an MLP with LayerNorm, bias and residual; inputs and constants', async () => {
    const graph = graphOf(['x'], (b) => {
      for (const [name, dims] of Object.entries({ gamma: [4], beta: [4], up: [4, 6], bias: [6], down: [6, 4] }))
        b.graph.constants.set(name, weight(dims.length + name.length, ...dims));
      const normed = b.op('LayerNormalization', ['x', 'gamma', 'beta'], { axis: -1 });
      const hidden = b.op('Add', [b.op('MatMul', [normed, 'up']), 'bias']);
      const gate = b.op('Mul', [hidden, b.op('Sigmoid', [hidden])]);
      b.node('Add', ['x', b.op('MatMul', [gate, 'down'])], ['y']);
    });
    await expectGradients(graph, 'y', ['x', 'gamma', 'beta', 'up', 'bias', 'down'], (B, S) => ({ x: tensor(1, B, S, 4) }));
  });

  test('a value that only gives its type to another has no part in the result', async () => {
    const graph = graphOf(['x'], (b) => {
      const scale = b.op('CastLike', [b.constant(floatTensor(Float32Array.of(3), [1])), 'x']);
      b.node('Mul', [b.op('CastLike', ['x', 'x']), scale], ['y']);
    });
    await expectGradients(graph, 'y', ['x'], (B, S) => ({ x: tensor(1, B, S, 4) }));
  });

  test('causal attention with heads, transposed weights and the guard against fully masked rows', async () => {
    const graph = graphOf(['x'], (b) => {
      for (const name of ['q', 'k', 'v']) b.graph.constants.set(name, weight(name.charCodeAt(0), 4, 4));
      b.graph.inputs.push({ name: 'mask', dtype: 'float32', dims: undefined });
      const heads = (name: string) => {
        const projected = b.op('MatMul', ['x', b.op('Transpose', [name], { perm: [1, 0] })]);
        return b.op('Transpose', [b.op('Reshape', [projected, b.ints([0, 0, 2, 2])])], { perm: [0, 2, 1, 3] });
      };
      const scores = b.op('MatMul', [heads('q'), b.op('Transpose', [heads('k')], { perm: [0, 1, 3, 2] })]);
      const masked = b.op('Add', ['mask', b.op('Mul', [scores, b.scalar(0.7)])]);
      const weights = b.op('Softmax', [masked], { axis: -1 });
      const guarded = b.op('Where', [b.op('IsNaN', [weights]), b.scalar(0), weights]);
      const mixed = b.op('Transpose', [b.op('MatMul', [guarded, heads('v')])], { perm: [0, 2, 1, 3] });
      b.node('Reshape', [mixed, b.ints([0, 0, 4])], ['y']);
    });
    await expectGradients(graph, 'y', ['x', 'q', 'k', 'v'], (B, S) => ({
      x: tensor(2, B, S, 4),
      // The first position of the first row sees nothing at all.
      mask: real(
        Array.from({ length: B * S * S }, (_, i) => (i % S <= Math.floor(i / S) % S && i !== 0 ? 0 : -Infinity)),
        [B, 1, S, S],
        'float32',
      ),
    }));
  });

  test('a decomposed RMSNorm, rotary halves and a logit', async () => {
    const graph = graphOf(['x', 'scale'], (b) => {
      const mean = b.op('ReduceMean', [b.op('Pow', ['x', b.scalar(2)]), b.ints([-1])], { keepdims: 1 });
      const normed = b.op('Mul', ['scale', b.op('Mul', ['x', b.op('Reciprocal', [b.op('Sqrt', [b.op('Add', [mean, b.scalar(1e-5)])])])])]);
      const half = (from: number, to: number) => b.op('Slice', [normed, b.ints([from]), b.ints([to]), b.ints([-1])]);
      const turned = b.op('Concat', [b.op('Neg', [half(2, 2 ** 40)]), half(0, 2)], { axis: -1 });
      const last = b.op('Gather', [b.op('Add', [normed, turned]), b.int(-1)], { axis: 1 });
      b.node('LogSoftmax', [last], ['y'], { axis: -1 });
    });
    await expectGradients(graph, 'y', ['x', 'scale'], (B, S) => ({ x: tensor(3, B, S, 4), scale: tensor(4, 4) }));
  });

  test('a value with many consumers, and one operand twice', async () => {
    const graph = graphOf(['x'], (b) => {
      const terms = [
        b.op('Mul', ['x', 'x']),
        b.op('Sin', ['x']),
        b.op('ReduceMean', ['x', b.ints([1])], { keepdims: 1 }),
        b.op('Sub', ['x', b.op('Tanh', ['x'])]),
      ];
      b.node('Sum', terms, ['y']);
    });
    await expectGradients(graph, 'y', ['x'], (B, S) => ({ x: tensor(5, B, S) }));
  });

  test('values of which only sums are taken', async () => {
    const mean = (b: GraphBuilder, x: string) => b.op('ReduceMean', [x, b.ints([-1])], { keepdims: 0 });
    const graph = graphOf(['x', 'z', 'w'], (b) => {
      const sum = b.op('ReduceSum', ['x', b.ints([-1])], { keepdims: 0 });
      const powers = mean(b, b.op('Pow', ['w', b.scalar(3)]));
      b.node('Sum', [b.op('Mul', [mean(b, 'x'), sum]), mean(b, b.op('Mul', ['z', b.scalar(3)])), powers], ['y']);
    });
    await expectGradients(graph, 'y', ['x', 'z', 'w'], (B, S) => ({ x: tensor(9, B, S), z: tensor(10, B, S), w: tensor(11, B, S) }));
  });
});

describe('gradient', () => {
  const x = () => tensor(6, 2, 3);
  const square = () =>
    graphOf(['x'], (b) => {
      b.node('Mul', ['x', 'x'], ['squares']);
      b.node('ReduceSum', ['squares'], ['loss'], { keepdims: 0 });
    });
  const squareShapes = () => known({ x: [2, 3], squares: [2, 3], loss: [] });

  test('a scalar loss needs no cotangent; an intermediate value has a gradient too', async () => {
    const graph = square();
    const found = lossGradient(graph, 'loss', ['x', 'squares', 'loss'], squareShapes());
    const result = await run(graph, [...found.values()], { x: x() }, OPSET);
    expect(
      error(
        values(result[found.get('x')!]),
        values(x()).map((v) => 2 * v),
      ),
    ).toBeLessThan(1e-6);
    expect(values(result[found.get('squares')!])).toEqual([1, 1, 1, 1, 1, 1]);
    expect(values(result[found.get('loss')!])).toEqual([1]);
  });

  test('several seeds add up', async () => {
    const graph = graphOf(['x', 'g', 'h'], (b) => {
      b.node('Neg', ['x'], ['y']);
      b.node('Exp', ['y'], ['z']);
    });
    const name = gradient(
      graph,
      new Map([
        ['y', 'g'],
        ['z', 'h'],
      ]),
      ['x'],
      known({ x: [2], y: [2], z: [2] }),
    ).get('x')!;
    const result = await run(
      graph,
      [name],
      { x: real([0.5, 1], [2], 'float32'), g: real([1, 2], [2], 'float32'), h: real([3, 4], [2], 'float32') },
      OPSET,
    );
    expect(error(values(result[name]), [-1 - 3 * Math.exp(-0.5), -2 - 4 * Math.exp(-1)])).toBeLessThan(1e-6);
  });

  test('a value that no seed depends on gets zeros of its own shape', async () => {
    const graph = graphOf(['x', 'z', 'g'], (b) => {
      b.node('Exp', ['x'], ['y']);
      b.node('Exp', ['z'], ['other']);
      b.node('Mul', ['x', b.op('Floor', ['z'])], ['stepped']);
    });
    const shapes = known({
      x: [null, 3],
      y: [null, 3],
      z: [null, 3],
      g: [null, 3],
      other: [null, 3],
      stepped: [null, 3],
      'test/Floor_0': [null, 3],
    });
    const names = gradient(
      graph,
      new Map([
        ['stepped', 'g'],
        ['y', 'g'],
      ]),
      ['z', 'other'],
      shapes,
    );
    const result = await run(graph, [...names.values()], { x: x(), z: x(), g: x() }, OPSET);
    for (const name of names.values()) {
      expect(result[name]!.dims).toEqual([2, 3]);
      expect(values(result[name])).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });

  test('results have names of their own, also where two gradients are the same value or the seed itself', () => {
    const graph = graphOf(['a', 'b', 'g'], (b) => b.node('Add', ['a', 'b'], ['y']));
    const before = new Set(['a', 'b', 'g', 'y']);
    const names = [...gradient(graph, new Map([['y', 'g']]), ['a', 'b', 'y'], known({ a: [2], b: [2], y: [2] })).values()];
    expect(new Set(names).size).toBe(3);
    expect(names.some((name) => before.has(name))).toBe(false);
  });

  test('can be asked twice of one graph', async () => {
    const graph = square();
    const [first, second] = [
      lossGradient(graph, 'loss', ['x'], squareShapes()).get('x')!,
      lossGradient(graph, 'loss', ['x'], squareShapes()).get('x')!,
    ];
    const result = await run(graph, [first, second], { x: x() }, OPSET);
    expect(values(result[first])).toEqual(values(result[second]));
  });

  test('the winners of a maximum share its gradient', async () => {
    const graph = graphOf(['x', 'y'], (b) => {
      b.node('Max', ['x', 'y'], ['m']);
      b.node('ReduceMax', ['m'], ['loss'], { keepdims: 0 });
    });
    const names = lossGradient(graph, 'loss', ['x', 'y'], known({ x: [4], y: [4], m: [4], loss: [] }));
    const result = await run(
      graph,
      [...names.values()],
      { x: real([3, 1, 3, 2], [4], 'float32'), y: real([3, 0, 0, 0], [4], 'float32') },
      OPSET,
    );
    expect(values(result[names.get('x')!])).toEqual([0.25, 0, 0.5, 0]);
    expect(values(result[names.get('y')!])).toEqual([0.25, 0, 0, 0]);
  });

  test('rows gathered again and again lose nothing to the threads that add them up', async () => {
    const [rows, width, n] = [3, 64, 30_000];
    const graph = graphOf(['table', 'g'], (b) => {
      b.graph.inputs.push({ name: 'ids', dtype: 'int64', dims: undefined });
      b.node('Gather', ['table', 'ids'], ['y']);
      b.node('Unsqueeze', ['ids', b.ints([1])], ['column']);
      b.node('GatherND', ['table', 'column'], ['z']);
    });
    const floats = known({ table: [rows, width], y: [null, width], z: [null, width] });
    const shapes: Shapes = new Map([...floats, ['ids', { dtype: 'int64', dims: [null] }], ['column', { dtype: 'int64', dims: [null, 1] }]]);
    const name = gradient(
      graph,
      new Map([
        ['y', 'g'],
        ['z', 'g'],
      ]),
      ['table'],
      shapes,
    ).get('table')!;
    const session = await open(graph, [name], OPSET, 'all', 4);
    const feeds = {
      table: tensor(1, rows, width),
      ids: whole(
        Array.from({ length: n }, (_, i) => i % rows),
        [n],
      ),
      g: real(new Array(n * width).fill(1), [n, width], 'float32'),
    };
    for (let i = 0; i < 3; i++) expect(new Set(values((await session.run(feeds))[name]))).toEqual(new Set([(2 * n) / rows]));
  });

  test('float16 and float64 graphs keep their type', async () => {
    const typed = (type: DataType, code: number, one: ArrayBufferView) =>
      graphOf(['x32'], (b) => {
        b.node('Cast', ['x32'], ['x'], { to: code });
        const normed = b.op('LayerNormalization', ['x', b.constant(memoryTensor(type, [4], one))]);
        const picked = b.op('Gather', [normed, b.constant(intTensor([0, 0, 1], [3]))]);
        const scores = b.op('MatMul', [picked, b.op('Transpose', [picked], { perm: [1, 0] })]);
        b.node('Cast', [b.op('Softmax', [b.op('Mul', [scores, b.op('Sigmoid', [scores])])])], ['y'], { to: 1 });
      });
    const feeds = { x32: tensor(7, 2, 4) };
    const wanted = await differences(typed('float32', 1, Float32Array.of(1, 1, 1, 1)), ['y'], ['x32'], feeds, OPSET);
    const kinds = [
      ['float16', 10, Uint16Array.from({ length: 4 }, () => 0x3c00), 1e-2],
      ['float64', 11, Float64Array.of(1, 1, 1, 1), 1e-3],
    ] as const;
    for (const [type, code, ones, tolerance] of kinds) {
      const graph = typed(type, code, ones);
      const found = await backward(graph, ['y'], ['x', 'x32'], feeds, await observe(graph, feeds, feeds, OPSET), OPSET, 'all');
      expect(found['x']!.type).toBe(type);
      expect(error(values(found['x32']), wanted['x32']!)).toBeLessThan(tolerance);
    }
  });
});

describe('what is written', () => {
  const ops = (graph: Graph) => graph.nodes.map((n) => n.op);
  const linear = (body: (b: GraphBuilder) => string) => {
    const graph = graphOf(['x', 'g'], (b) => {
      b.graph.constants.set('W', weight(1, 3, 4));
      b.graph.constants.set('V', weight(2, 4, 3));
      b.node('MatMul', ['x', body(b)], ['y']);
    });
    const before = graph.nodes.length;
    gradient(graph, new Map([['y', 'g']]), ['x'], known({ x: [null, null, 3], y: [null, null, 4], 'test/Transpose_0': [3, 4] }));
    return graph.nodes.slice(before);
  };

  test('a weight is read transposed, not copied', () => {
    const [product, ...rest] = linear(() => 'W');
    expect(product).toMatchObject({ op: 'FusedMatMul', domain: 'com.microsoft', inputs: ['g', 'W'], attributes: { transB: { value: 1 } } });
    expect(rest.map((n) => n.op)).toEqual(['Identity']);
  });

  test('a weight that the model transposes is read as it is', () => {
    const [product] = linear((b) => b.op('Transpose', ['V'], { perm: [1, 0] }));
    expect(product).toMatchObject({ op: 'MatMul', inputs: ['g', 'V'] });
  });

  test('nothing is computed for values that nobody asked about, and no constant is left over', () => {
    const graph = graphOf(['x', 'g'], (b) => {
      b.graph.constants.set('W', weight(1, 3, 4));
      b.node('Relu', [b.op('MatMul', ['x', 'W'])], ['y']);
    });
    const product = graph.nodes[0]!.outputs[0]!;
    gradient(graph, new Map([['y', 'g']]), [product], known({ x: [null, 3], [product]: [null, 4], y: [null, 4] }));
    expect(ops(graph)).toEqual(['MatMul', 'Relu', 'Greater', 'Where', 'Identity']);
    const read = new Set(graph.nodes.flatMap((n) => n.inputs));
    expect([...graph.constants.keys()].filter((name) => !read.has(name))).toEqual([]);
  });

  test('a mean that is multiplied anyway is not written out in full, and a known shape is not reshaped', () => {
    const graph = graphOf(['x', 'g'], (b) => {
      const mean = b.op('ReduceMean', [b.op('Pow', ['x', b.scalar(2)]), b.ints([-1])], { keepdims: 1 });
      b.node('Mul', ['x', mean], ['y']);
    });
    const names = Object.fromEntries(graph.nodes.map((n) => [n.outputs[0]!, n.op === 'ReduceMean' ? [null, 1] : [null, 4]]));
    gradient(graph, new Map([['y', 'g']]), ['x'], known({ x: [null, 4], ...names }));
    expect(ops(graph)).not.toContain('Expand');
    expect(ops(graph)).not.toContain('Reshape');
  });
});

describe('refusals', () => {
  const refuse = (work: () => unknown, code: string, ...words: string[]) => {
    try {
      work();
    } catch (e) {
      expect(e).toBeInstanceOf(EmendError);
      const { code: found, message, hint } = e as EmendError;
      expect(found).toBe(code);
      for (const word of words) expect(`${message} ${hint}`).toContain(word);
      return;
    }
    throw new Error('nothing was thrown');
  };
  const one = (op: string, extra: string[], attributes: Parameters<GraphBuilder['op']>[2] = {}, domain = '', outputs = ['y']) =>
    graphOf(['x', 'g'], (b) => {
      b.graph.constants.set('i', intTensor([0, 0, 1, 0], [2, 2]));
      b.graph.constants.set('pads', intTensor([0, 1, 0, 1], [4]));
      b.graph.constants.set('yes', boolTensor([true], []));
      b.node(op, ['x', ...extra], outputs, attributes, domain);
    });
  const shapes = known({ x: [null, null], y: [null, null], z: [null, 1], g: [null, null] });
  const differentiate =
    (graph: Graph, seed = 'y', wrt = ['x']) =>
    () =>
      gradient(graph, new Map([[seed, 'g']]), wrt, shapes);

  test('an operation without a rule is named, with what to do', () => {
    refuse(
      differentiate(one('Attention', ['x', 'x'], {}, 'com.microsoft')),
      'unsupported',
      'com.microsoft.Attention',
      'test/node_Attention_0',
      'Expand',
    );
    refuse(differentiate(one('Det', [])), 'unsupported', 'Det');
  });

  test('the same operation off the way to the seed does no harm', () => {
    const graph = graphOf(['x', 'g'], (b) => {
      b.node('Exp', ['x'], ['y']);
      b.node('Det', ['y'], ['unused']);
    });
    expect(differentiate(graph)().size).toBe(1);
  });

  test('forms that have no rule are refused, not answered wrongly', () => {
    refuse(differentiate(one('Pad', ['pads'], { mode: 'reflect' })), 'unsupported', 'Pad');
    refuse(differentiate(one('ScatterND', ['i', 'g'], { reduction: 'mul' })), 'unsupported', 'ScatterND');
    refuse(differentiate(one('Dropout', ['', 'yes'])), 'unsupported', 'Dropout');
    refuse(differentiate(one('Einsum', [], { equation: 'ii->i' })), 'unsupported', 'ii->i');
    refuse(differentiate(one('FusedMatMul', ['g'], { transBatchA: 1 }, 'com.microsoft')), 'unsupported', 'FusedMatMul');
    refuse(differentiate(one('LayerNormalization', ['g'], {}, '', ['y', 'z']), 'z'), 'unsupported', 'LayerNormalization');
  });

  test('a branch that reads the value', () => {
    const graph = one('Exp', []);
    const body = graphOf([], (b) => b.node('Exp', ['x'], ['inner']));
    graph.nodes = [
      {
        name: 'choice',
        op: 'If',
        domain: '',
        inputs: ['yes'],
        outputs: ['y'],
        attributes: { then_branch: { type: 'graph', value: body } },
      },
    ];
    refuse(differentiate(graph), 'unsupported', 'If', 'choice');
  });

  test('values that have no gradient', () => {
    refuse(differentiate(one('Exp', []), 'y', ['nowhere']), 'bad-input', 'nowhere');
    refuse(differentiate(one('Exp', []), 'y', ['i']), 'bad-input', 'int64');
    refuse(() => lossGradient(one('Exp', []), 'y', ['x'], shapes), 'bad-input', 'one float32 or float64 number');
    refuse(
      () =>
        gradient(
          graphOf(['x', 'g'], (b) => b.node('Flatten', [b.op('Exp', ['x'])], ['y'])),
          new Map([['y', 'g']]),
          ['x'],
          known({ x: [2, 3], y: [2, 3] }),
        ),
      'bad-input',
      'Exp',
    );
  });
});
