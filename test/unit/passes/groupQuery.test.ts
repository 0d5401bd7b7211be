import type * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { PlainAttributes } from '../../../electron/engine/onnx/build.ts';
import { float as floatAttribute } from '../../../electron/engine/onnx/build.ts';
import type { DataType, Graph } from '../../../electron/engine/onnx/graph.ts';
import { expandComposites } from '../../../electron/engine/onnx/passes/index.ts';
import type { Feeds } from './run.ts';
import { constant, difference, float, graphOf, int32, int64, modelOf, node, run, value } from './run.ts';

/** Inputs of com.microsoft GroupQueryAttention by position. */
const ORDER = ['q', 'k', 'v', 'pk', 'pv', 'seqlens', 'total', 'cos', 'sin', 'positions', 'bias', 'sink', 'ks', 'vs', 'qn', 'kn'] as const;
type Inputs = Partial<Record<(typeof ORDER)[number], ort.Tensor>>;

const [HEADS, KV, SIZE] = [4, 2, 16];

function graphFor(inputs: Inputs, attributes: PlainAttributes): Graph {
  const names = ORDER.map((name) => (inputs[name] ? name : ''));
  while (names.at(-1) === '') names.pop();
  const given = Object.entries(inputs);
  const fixed = new Set(['cos', 'sin', 'qn', 'kn']);
  return graphOf({
    inputs: given
      .filter(([name]) => !fixed.has(name))
      .map(([name, t]) =>
        value(
          name,
          t.type as DataType,
          t.dims.map((d, i) => (i === 2 && name === 'q' ? d : `${name}${i}`)),
        ),
      ),
    constants: new Map(given.filter(([name]) => fixed.has(name)).map(([name, t]) => [name, constant(t)])),
    outputs: ['y', 'k2', 'v2'].map((name) => value(name)),
    nodes: [node('GroupQueryAttention', names, ['y', 'k2', 'v2'], { num_heads: HEADS, kv_num_heads: KV, ...attributes }, 'com.microsoft')],
  });
}

interface Setting {
  length: number;
  past?: number;
  /** Tokens of each row, cached and new. */
  lengths: number[];
  packed?: boolean;
  /** Width of the rotation tables: half of the rotated dimensions. */
  half?: number;
  more?: Inputs;
}

function inputsFor({ length, past, lengths, packed = true, half = SIZE / 2, more = {} }: Setting): Inputs {
  const batch = lengths.length;
  const cache = (seed: number) => float([batch, KV, past!, SIZE], seed);
  return {
    ...(packed
      ? { q: float([batch, length, (HEADS + 2 * KV) * SIZE], 1) }
      : { q: float([batch, length, HEADS * SIZE], 1), k: float([batch, length, KV * SIZE], 2), v: float([batch, length, KV * SIZE], 3) }),
    ...(past === undefined ? {} : { pk: cache(4), pv: cache(5) }),
    seqlens: int32(lengths.map((l) => l - 1)),
    total: int32([Math.max(...lengths)], []),
    cos: float([32, half], 6),
    sin: float([32, half], 7),
    ...more,
  };
}

/** Largest difference between kernel and expansion where it means something: real queries, cached tokens of each row. */
async function compare(setting: Setting, attributes: PlainAttributes = {}): Promise<number> {
  const inputs = inputsFor(setting);
  const graph = graphFor(inputs, attributes);
  const expanded = expandComposites(graph);
  expect(expanded.nodes.map((n) => n.op)).not.toContain('GroupQueryAttention');
  const [wanted, found] = [await run(modelOf(graph), inputs as Feeds), await run(modelOf(expanded), inputs as Feeds)];
  const { length, lengths } = setting;
  const first = length === 1 ? lengths.map((l) => l - 1) : lengths.map(() => Math.max(...lengths) - length);
  const queries = (r: ort.Tensor) => rows(r, 1, (row, s) => first[row]! + s < lengths[row]!);
  const cached = (r: ort.Tensor) => rows(r, KV, (row, s) => s < lengths[row]!);
  return Math.max(
    difference(queries(wanted.y!), queries(found.y!)),
    difference(cached(wanted.k2!), cached(found.k2!)),
    difference(cached(wanted.v2!), cached(found.v2!)),
  );
}

/** [batch, length, width] or [batch, heads, length, width] with what does not count set to zero. */
function rows(tensor: ort.Tensor, heads: number, counts: (row: number, position: number) => boolean): ort.Tensor {
  const [batch, length, width] = [tensor.dims[0]!, tensor.dims.at(-2)!, tensor.dims.at(-1)!];
  const out = float([batch, heads, length, width]);
  const [from, to] = [tensor.data as Float32Array, out.data as Float32Array];
  expect(from).toHaveLength(to.length);
  for (let i = 0; i < to.length; i++) {
    const position = Math.floor(i / width) % length;
    to[i] = counts(Math.floor(i / (width * length * heads)), position) ? from[i]! : 0;
  }
  return out;
}

describe('GroupQueryAttention', () => {
  const prompt: Setting = { length: 6, lengths: [6, 4] };
  const step: Setting = { length: 1, past: 5, lengths: [6, 6] };
  const ragged: Setting = { length: 1, past: 5, lengths: [6, 3, 4] };
  const settings: [string, Setting, PlainAttributes][] = [
    ['prompt', prompt, {}],
    ['prompt without packing', { ...prompt, packed: false }, {}],
    ['prompt with an empty past', { ...prompt, past: 0 }, { do_rotary: 1 }],
    ['rotation', prompt, { do_rotary: 1 }],
    ['rotation without packing', { ...prompt, packed: false }, { do_rotary: 1 }],
    ['interleaved rotation', prompt, { do_rotary: 1, rotary_interleaved: 1 }],
    ['partial rotation', { ...prompt, half: 8, packed: false }, { do_rotary: 1 }],
    ['scale and soft cap', prompt, { do_rotary: 1, scale: 0.4, softcap: floatAttribute(1) }],
    ['window of one', prompt, { local_window_size: 1 }],
    ['window of three', prompt, { do_rotary: 1, local_window_size: 3 }],
    ['window as long as the row', prompt, { do_rotary: 1, local_window_size: 6 }],
    ['one token more', step, { do_rotary: 1 }],
    ['one token more, window', step, { do_rotary: 1, local_window_size: 3 }],
    ['one token more for rows of several lengths', ragged, { do_rotary: 1 }],
    ['the same, window and soft cap', ragged, { do_rotary: 1, local_window_size: 2, softcap: floatAttribute(0.5) }],
    ['one token more in a cache of fixed size', { length: 1, past: 9, lengths: [6, 4] }, { do_rotary: 1 }],
    ['a second part of a prompt', { length: 3, past: 4, lengths: [7] }, { do_rotary: 1 }],
    ['a second part of a prompt, window', { length: 3, past: 4, lengths: [7] }, { do_rotary: 1, local_window_size: 3 }],
    ['a single token', { length: 1, past: 0, lengths: [1, 1] }, { do_rotary: 1 }],
    ['attention bias', { ...prompt, more: { bias: float([1, HEADS, 6, 6], 8) } }, { do_rotary: 1 }],
    ['given positions', { ...step, more: { positions: int64([9, 2], [2, 1]) } }, { do_rotary: 1 }],
  ];

  test.each(settings)('%s', async (_, setting, attributes) => {
    expect(await compare(setting, attributes)).toBeLessThan(2e-6);
  });

  test('several more tokens for several rows, which the kernel refuses, are what each row gets alone', async () => {
    const whole: Setting = { length: 3, past: 4, lengths: [7, 7] };
    const inputs = inputsFor(whole);
    const attributes = { do_rotary: 1, local_window_size: 5 };
    await expect(run(modelOf(graphFor(inputs, attributes)), inputs as Feeds)).rejects.toThrow();
    const together = await run(modelOf(expandComposites(graphFor(inputs, attributes))), inputs as Feeds);
    for (const row of [0, 1]) {
      const alone = Object.fromEntries(
        Object.entries(inputs).map(([name, t]) => [name, ['cos', 'sin', 'total'].includes(name) ? t : rowOf(t, row)]),
      );
      const wanted = await run(modelOf(graphFor(alone, attributes)), alone as Feeds);
      expect(difference(wanted.y, rowOf(together.y!, row))).toBeLessThan(2e-6);
      expect(difference(wanted.k2, rowOf(together.k2!, row))).toBeLessThan(2e-6);
    }
  });

  test('normalized queries and keys, which the CPU kernel lacks, are what normalizing them before gives', async () => {
    const [qn, kn] = [float([SIZE], 8), float([SIZE], 9)];
    const inputs = inputsFor({ ...prompt, packed: false });
    const within = expandComposites(graphFor({ ...inputs, qn, kn }, { do_rotary: 1, qk_norm_epsilon: floatAttribute(1e-3) }));
    const before = graphFor(inputs, { do_rotary: 1 });
    const normalized = (name: string, heads: number, weight: ort.Tensor) => {
      before.constants.set(`${name}/weight`, constant(weight));
      before.constants.set(`${name}/split`, constant(int64([0, 0, heads, SIZE])));
      before.constants.set(`${name}/merge`, constant(int64([0, 0, heads * SIZE])));
      return [
        node('Reshape', [name, `${name}/split`], [`${name}/4`]),
        node('SimplifiedLayerNormalization', [`${name}/4`, `${name}/weight`], [`${name}/normed`], {
          axis: -1,
          epsilon: floatAttribute(1e-3),
        }),
        node('Reshape', [`${name}/normed`, `${name}/merge`], [`${name}/3`]),
      ];
    };
    const attend = before.nodes[0]!;
    before.nodes = [
      ...normalized('q', HEADS, qn),
      ...normalized('k', KV, kn),
      { ...attend, inputs: attend.inputs.map((n) => (n === 'q' || n === 'k' ? `${n}/3` : n)) },
    ];
    const [wanted, found] = [await run(modelOf(before), inputs as Feeds), await run(modelOf(within), inputs as Feeds)];
    expect(difference(wanted.k2, found.k2)).toBeLessThan(2e-6);
    expect(
      difference(
        rows(wanted.y!, 1, (row, s) => s < prompt.lengths[row]!),
        rows(found.y!, 1, (row, s) => s < prompt.lengths[row]!),
      ),
    ).toBeLessThan(2e-6);
  });

  test.each([
    ['smooth softmax', {}, { smooth_softmax: 1 }],
    ['attention sinks', { sink: float([HEADS], 8) }, {}],
    ['attention both ways', {}, { causal: 0 }],
  ])('is left alone with %s', (_, more: Inputs, attributes: PlainAttributes) => {
    const graph = graphFor(inputsFor({ ...prompt, more }), attributes);
    expect(expandComposites(graph).nodes).toEqual(graph.nodes);
  });
});

function rowOf(tensor: ort.Tensor, row: number): ort.Tensor {
  const dims = [1, ...tensor.dims.slice(1)];
  const count = dims.reduce((a, d) => a * d, 1);
  const data = (tensor.data as Float32Array).slice(row * count, (row + 1) * count);
  if (tensor.type === 'int32') return int32([...data], dims);
  const out = float(dims);
  (out.data as Float32Array).set(data);
  return out;
}
