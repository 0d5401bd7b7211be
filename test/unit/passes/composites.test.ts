import type * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { PlainAttributes } from '../../../electron/engine/onnx/build.ts';
import { float as floatAttribute } from '../../../electron/engine/onnx/build.ts';
import type { DataType, Graph } from '../../../electron/engine/onnx/graph.ts';
import { expandComposites } from '../../../electron/engine/onnx/passes/index.ts';
import type { Feeds } from './run.ts';
import { bool, constant, difference, float, graphOf, int32, int64, modelOf, node, run, value } from './run.ts';

interface Case {
  op: string;
  domain?: string;
  opset?: number;
  /** Input name (or '' for one left out) and what it is fed. */
  inputs: readonly (readonly [string, ort.Tensor?])[];
  /** Inputs that are constants of the graph instead. */
  constants?: readonly string[];
  outputs: readonly string[];
  attributes?: PlainAttributes;
}

function graphFor({ op, domain = '', inputs, constants = [], outputs, attributes }: Case): Graph {
  const given = inputs.filter(([name]) => name !== '') as [string, ort.Tensor][];
  return graphOf({
    inputs: given
      .filter(([name]) => !constants.includes(name))
      .map(([name, t]) =>
        value(
          name,
          t.type as DataType,
          t.dims.map((_, i) => `${name}${i}`),
        ),
      ),
    constants: new Map(given.filter(([name]) => constants.includes(name)).map(([name, t]) => [name, constant(t)])),
    outputs: outputs.filter((o) => o !== '').map((o) => value(o)),
    nodes: [
      node(
        op,
        inputs.map(([name]) => name),
        outputs,
        attributes,
        domain,
      ),
    ],
  });
}

/** Runs the op's own kernel and its expansion on the same numbers; what remains is the largest difference over all outputs. */
async function compare(c: Case): Promise<number> {
  const graph = graphFor(c);
  const expanded = expandComposites(graph);
  expect(expanded.nodes.map((n) => `${n.domain}::${n.op}`)).not.toContain(`${c.domain ?? ''}::${c.op}`);
  expect(expanded.outputs).toEqual(graph.outputs);
  const feeds = Object.fromEntries(c.inputs.filter(([name]) => name !== '')) as Feeds;
  const [wanted, found] = [await run(modelOf(graph, c.opset), feeds), await run(modelOf(expanded, c.opset), feeds)];
  return Math.max(...graph.outputs.map(({ name }) => difference(wanted[name], found[name])));
}

/** Softmaxes and sums in another order than the kernels'. */
const ROUNDING = 2e-6;
const MS = 'com.microsoft';

describe('skip normalizations', () => {
  const x = ['x', float([2, 5, 16], 1)] as const;
  const skip = ['skip', float([2, 5, 16], 2)] as const;
  const vector = (name: string, seed: number) => [name, float([16], seed)] as const;
  const none = [''] as const;

  test.each([
    ['plain', [x, skip, vector('g', 3)]],
    ['beta', [x, skip, vector('g', 3), vector('beta', 4)]],
    ['beta and bias', [x, skip, vector('g', 3), vector('beta', 4), vector('bias', 5)]],
    ['bias alone', [x, skip, vector('g', 3), none, vector('bias', 5)]],
    ['skip of one row', [x, ['skip', float([5, 16], 2)] as const, vector('g', 3), vector('beta', 4)]],
  ])('SkipLayerNormalization, %s', async (_, inputs) => {
    const attributes = { epsilon: floatAttribute(0.01) };
    expect(await compare({ op: 'SkipLayerNormalization', domain: MS, inputs, outputs: ['y', '', '', 'sum'], attributes })).toBeLessThan(
      ROUNDING,
    );
    expect(await compare({ op: 'SkipLayerNormalization', domain: MS, inputs, outputs: ['y'] })).toBeLessThan(ROUNDING);
  });

  test.each([
    ['plain', [x, skip, vector('g', 3)]],
    ['bias', [x, skip, vector('g', 3), vector('bias', 4)]],
  ])('SkipSimplifiedLayerNormalization, %s', async (_, inputs) => {
    const attributes = { epsilon: floatAttribute(1e-6) };
    expect(
      await compare({ op: 'SkipSimplifiedLayerNormalization', domain: MS, inputs, outputs: ['y', '', '', 'sum'], attributes }),
    ).toBeLessThan(ROUNDING);
    expect(await compare({ op: 'SkipSimplifiedLayerNormalization', domain: MS, inputs, outputs: ['y'] })).toBeLessThan(ROUNDING);
  });

  test('the sum is a named value where the node did not return it', () => {
    const { nodes } = expandComposites(
      graphFor({ op: 'SkipSimplifiedLayerNormalization', domain: MS, inputs: [x, skip, vector('g', 3)], outputs: ['y'] }),
    );
    expect(nodes.map((n) => n.op)).toEqual(['Add', 'SimplifiedLayerNormalization']);
    expect(nodes[1]!.inputs[0]).toBe(nodes[0]!.outputs[0]);
  });
});

describe('rotary embeddings', () => {
  const four = ['x', float([2, 3, 5, 16], 1)] as const;
  const three = ['x', float([2, 5, 48], 1)] as const;
  const positions = ['at', int64([0, 1, 2, 3, 4, 3, 4, 5, 6, 7], [2, 5])] as const;
  const table = (name: string, dims: number[], seed: number) => [name, float(dims, seed)] as const;
  const tables = (half: number) => [table('cos', [9, half], 2), table('sin', [9, half], 3)] as const;
  const perPosition = (half: number, batch = 2) => [table('cos', [batch, 5, half], 2), table('sin', [batch, 5, half], 3)] as const;

  test.each([
    ['4-D, tables', [four, ...tables(8), positions], {}],
    ['4-D, per position', [four, ...perPosition(8)], {}],
    ['4-D, interleaved', [four, ...tables(8), positions], { interleaved: 1 }],
    ['4-D, partial', [four, ...tables(4), positions], { rotary_embedding_dim: 8 }],
    ['4-D, partial and interleaved', [four, ...perPosition(4)], { rotary_embedding_dim: 8, interleaved: 1 }],
    ['4-D that says its heads', [four, ...perPosition(8)], { num_heads: 3 }],
    ['3-D, tables', [three, ...tables(8), positions], { num_heads: 3 }],
    ['3-D, per position, partial', [three, ...perPosition(4)], { num_heads: 3, rotary_embedding_dim: 8 }],
  ] as const)('RotaryEmbedding of opset 23, %s', async (_, inputs, attributes) => {
    expect(await compare({ op: 'RotaryEmbedding', opset: 23, inputs, outputs: ['y'], attributes })).toBeLessThan(ROUNDING);
  });

  test('one row of cosines serves a larger batch, where the kernel refuses', async () => {
    const [cos, sin] = perPosition(8, 1);
    const one: Case = { op: 'RotaryEmbedding', opset: 23, inputs: [four, cos, sin], outputs: ['y'] };
    const twice = (t: ort.Tensor) => Float32Array.from([...(t.data as Float32Array), ...(t.data as Float32Array)]);
    const spread = (name: string, t: ort.Tensor): readonly [string, ort.Tensor] => {
      const copy = float([2, 5, 8]);
      (copy.data as Float32Array).set(twice(t));
      return [name, copy];
    };
    const both: Case = { ...one, inputs: [four, spread('cos', cos[1]), spread('sin', sin[1])] };
    const feeds = (c: Case) => Object.fromEntries(c.inputs) as Feeds;
    await expect(run(modelOf(graphFor(one), 23), feeds(one))).rejects.toThrow();
    const found = await run(modelOf(expandComposites(graphFor(one)), 23), feeds(one));
    const wanted = await run(modelOf(graphFor(both), 23), feeds(both));
    expect(difference(found.y, wanted.y)).toBeLessThan(ROUNDING);
  });

  test.each([
    ['4-D', [four, positions, ...tables(8)], {}],
    ['4-D, interleaved', [four, positions, ...tables(8)], { interleaved: 1 }],
    ['4-D, from an offset', [four, ['at', int64([3])] as const, ...tables(8)], {}],
    ['3-D, from an offset', [three, ['at', int64([3])] as const, ...tables(8)], { num_heads: 3 }],
    ['3-D, partial', [three, positions, ...tables(4)], { num_heads: 3, rotary_embedding_dim: 8 }],
  ] as const)('RotaryEmbedding of com.microsoft, %s', async (_, inputs, attributes) => {
    expect(await compare({ op: 'RotaryEmbedding', domain: MS, inputs, outputs: ['y'], attributes })).toBeLessThan(ROUNDING);
  });
});

describe('Attention of opsets 23 and 24', () => {
  const heads = (name: string, n: number, length: number, seed: number) => [name, float([2, n, length, 8], seed)] as const;
  const flat = (name: string, n: number, length: number, seed: number) => [name, float([2, length, n * 8], seed)] as const;
  const qkv4 = (kv = 4, total = 5) => [heads('q', 4, 5, 1), heads('k', kv, total, 2), heads('v', kv, total, 3)] as const;
  const qkv3 = (kv = 4) => [flat('q', 4, 5, 1), flat('k', kv, 5, 2), flat('v', kv, 5, 3)] as const;
  const past = (kv = 4, length = 3) => [heads('pk', kv, length, 5), heads('pv', kv, length, 6)] as const;
  const boolMask = (...dims: number[]) =>
    [
      'mask',
      bool(
        Array.from({ length: dims.reduce((a, d) => a * d, 1) }, (_, i) => i % 3 !== 1),
        dims,
      ),
    ] as const;
  const floatMask = (...dims: number[]) => ['mask', float(dims, 9)] as const;
  const none = [''] as const;

  test.each([
    ['4-D', [...qkv4()], ['y'], {}],
    ['4-D, scale and soft cap', [...qkv4()], ['y'], { scale: 0.3, softcap: floatAttribute(2) }],
    ['4-D, causal', [...qkv4()], ['y'], { is_causal: 1 }],
    ['4-D, causal with keys from elsewhere', [...qkv4(4, 7)], ['y'], { is_causal: 1 }],
    ['4-D, boolean mask', [...qkv4(), boolMask(5, 5)], ['y'], {}],
    ['4-D, boolean mask by row', [...qkv4(), boolMask(2, 1, 5, 5)], ['y'], { softcap: floatAttribute(1) }],
    ['4-D, float mask', [...qkv4(), floatMask(2, 4, 5, 5)], ['y'], { softcap: floatAttribute(1) }],
    ['4-D, boolean mask and causal', [...qkv4(), boolMask(5, 5)], ['y'], { is_causal: 1 }],
    ['4-D, grouped', [...qkv4(2)], ['y'], {}],
    ['4-D, past', [...qkv4(), none, ...past()], ['y', 'k2', 'v2'], { is_causal: 1 }],
    ['4-D, grouped, past and mask', [...qkv4(2), boolMask(2, 1, 5, 8), ...past(2)], ['y', 'k2', 'v2'], { is_causal: 1 }],
    ['4-D, empty past', [...qkv4(), none, ...past(4, 0)], ['y', 'k2', 'v2'], { is_causal: 1 }],
    ['3-D', [...qkv3()], ['y'], { q_num_heads: 4, kv_num_heads: 4 }],
    ['3-D, grouped, causal', [...qkv3(2)], ['y'], { q_num_heads: 4, kv_num_heads: 2, is_causal: 1 }],
    ['3-D, grouped, past', [...qkv3(2), none, ...past(2)], ['y', 'k2', 'v2'], { q_num_heads: 4, kv_num_heads: 2, is_causal: 1 }],
  ] as const)('%s', async (_, inputs, outputs, attributes) => {
    for (const opset of [23, 24]) expect(await compare({ op: 'Attention', opset, inputs, outputs, attributes })).toBeLessThan(ROUNDING);
  });

  test('is left alone where it returns its scores', () => {
    const graph = graphFor({ op: 'Attention', inputs: [...qkv4()], outputs: ['y', '', '', 'scores'] });
    expect(expandComposites(graph).nodes).toEqual(graph.nodes);
  });
});

describe('MultiHeadAttention', () => {
  const flat = (name: string, length: number, seed: number, width = 32) => [name, float([2, length, width], seed)] as const;
  const qkv = [flat('q', 5, 1), flat('k', 5, 2), flat('v', 5, 3)] as const;
  const bias = ['bias', float([96], 4)] as const;
  const past = [
    ['pk', float([2, 4, 3, 8], 5)],
    ['pv', float([2, 4, 3, 8], 6)],
  ] as const;
  const mask = (...dims: number[]) =>
    [
      'mask',
      int32(
        Array.from({ length: dims.reduce((a, d) => a * d, 1) }, (_, i) => (i % 4 === 3 ? 0 : 1)),
        dims,
      ),
    ] as const;
  const added = (...dims: number[]) => ['added', float(dims, 7)] as const;
  const none = [''] as const;

  test.each([
    ['plain', [...qkv], ['y'], {}],
    ['bias', [...qkv, bias], ['y'], {}],
    ['causal', [...qkv, bias], ['y'], { unidirectional: 1 }],
    ['keys from elsewhere', [flat('q', 5, 1), flat('k', 7, 2), flat('v', 7, 3)], ['y'], { scale: 0.2 }],
    ['wider values', [qkv[0], qkv[1], flat('v', 5, 3, 64)], ['y'], {}],
    ['key padding mask', [...qkv, none, mask(2, 5)], ['y'], {}],
    ['padding mask per query', [...qkv, none, mask(2, 5, 5)], ['y'], { mask_filter_value: floatAttribute(-100) }],
    ['attention bias', [...qkv, bias, none, added(2, 4, 5, 5)], ['y'], {}],
    ['attention bias for all', [...qkv, bias, mask(2, 5), added(1, 1, 5, 5)], ['y'], { unidirectional: 1 }],
    ['past', [...qkv, bias, none, none, ...past], ['y', 'k2', 'v2'], { unidirectional: 1 }],
    ['past, mask and bias', [...qkv, bias, mask(2, 8), added(1, 4, 5, 8), ...past], ['y', 'k2', 'v2'], {}],
    ['present alone', [...qkv], ['y', 'k2', 'v2'], {}],
  ] as const)('%s', async (_, inputs, outputs, attributes) => {
    expect(
      await compare({ op: 'MultiHeadAttention', domain: MS, inputs, outputs, attributes: { num_heads: 4, ...attributes } }),
    ).toBeLessThan(ROUNDING);
  });

  test('is left alone where its inputs are packed', () => {
    const graph = graphFor({
      op: 'MultiHeadAttention',
      domain: MS,
      inputs: [['qkv', float([2, 5, 4, 3, 8])]],
      outputs: ['y'],
      attributes: { num_heads: 4 },
    });
    expect(expandComposites(graph).nodes).toEqual(graph.nodes);
  });
});

describe('Attention of com.microsoft', () => {
  const x = ['x', float([2, 5, 24], 1)] as const;
  const weights = (width = 96) =>
    [
      ['w', float([24, width], 2)],
      ['b', float([width], 3)],
    ] as const;
  const mask = (...dims: number[]) =>
    [
      'mask',
      int32(
        Array.from({ length: dims.reduce((a, d) => a * d, 1) }, (_, i) => (i % 4 === 3 ? 0 : 1)),
        dims,
      ),
    ] as const;
  const past = ['past', float([2, 2, 4, 3, 8], 4)] as const;
  const none = [''] as const;

  test.each([
    ['plain', [x, ...weights()], ['y'], {}],
    ['causal', [x, ...weights()], ['y'], { unidirectional: 1 }],
    ['mask', [x, ...weights(), mask(2, 5)], ['y'], { unidirectional: 1 }],
    ['mask per query', [x, ...weights(), mask(2, 5, 5)], ['y'], { scale: 0.5 }],
    ['past and present', [x, ...weights(), mask(2, 8), past], ['y', 'present'], { unidirectional: 1 }],
    ['attention bias', [x, ...weights(), none, none, ['added', float([2, 4, 5, 5], 6)] as const], ['y'], {}],
    ['sizes of their own', [x, ...weights(128)], ['y'], { qkv_hidden_sizes: [32, 32, 64] }],
  ] as const)('%s', async (_, inputs, outputs, attributes) => {
    const c: Case = { op: 'Attention', domain: MS, inputs, outputs, constants: ['w'], attributes: { num_heads: 4, ...attributes } };
    expect(await compare(c)).toBeLessThan(5e-6);
  });
});
