import { describe, expect, test } from 'vitest';
import type { Graph } from '../../../electron/engine/onnx/graph.ts';
import type { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { feedsFor, rightPad } from '../../../electron/engine/runtime/inputs.ts';
import { floatFeed, floats, intFeed } from '../../../electron/engine/runtime/session.ts';
import { indicesFor, isFlat } from '../../../electron/engine/decoder/stage.ts';
import { feedInstead, inject, logitsAt, slice } from '../../../electron/engine/runtime/surgery.ts';
import { mini, type Mini, tokenRows } from './mini.ts';

const rows = tokenRows([5, 3]);
const V = 23;

/** Runs a graph derived from a decoder on the rows. */
async function run(decoder: Decoder, graph: Graph, extra: Parameters<typeof Object.assign>[1] = {}): Promise<Record<string, Float32Array>> {
  const session = await decoder.session(graph);
  const result = await session.run({ ...feedsFor(decoder.inputs, rightPad(rows), session.inputs), ...extra });
  await session.release();
  return Object.fromEntries(graph.outputs.map((o) => [o.name, floats(result, o.name)]));
}

const close = (a: Float32Array, b: Float32Array) => {
  expect(a.length).toBe(b.length);
  a.forEach((x, i) => expect(x).toBeCloseTo(b[i]!, 4));
};

describe('slice', () => {
  test('keeps what the outputs need and no more', async () => {
    const { graph, anatomy } = await mini();
    const part = slice(graph, [anatomy.layers[0]!.residual]);
    expect(part.inputs.map((v) => v.name)).toEqual([
      'input_ids',
      'attention_mask',
      'position_ids',
      'past_key_values.0.key',
      'past_key_values.0.value',
    ]);
    expect([...part.constants.keys()].some((name) => name.startsWith('1.'))).toBe(false);
    expect(part.nodes.length).toBeLessThan(0.6 * graph.nodes.length);
    expect(graph.outputs[0]!.name).toBe('logits');
  });
});

describe('feedInstead', () => {
  test('what is fed takes the place of what was computed', async () => {
    const decoder = await mini();
    const { residual } = decoder.anatomy.layers[0]!;
    const whole = await run(decoder, slice(decoder.graph, [residual, 'logits']));
    const fed = slice(feedInstead(decoder.graph, residual, 'float32', ['b', 's', 8]), ['logits']);
    expect([...fed.constants.keys()].some((name) => name.startsWith('0.'))).toBe(false);
    close((await run(decoder, fed, { [residual]: floatFeed(whole[residual]!, [2, 5, 8]) }))['logits']!, whole['logits']!);
    const zero = await run(decoder, fed, { [residual]: floatFeed(new Float32Array(80), [2, 5, 8]) });
    expect(Math.abs(zero['logits']![0]! - whole['logits']![0]!)).toBeGreaterThan(1e-3);
  });
});

describe('inject', () => {
  const vector = Float32Array.from({ length: 8 }, (_, d) => d + 1);
  const places = [{ row: 1, token: 2 }];

  test.each<['add' | 'replace', Partial<Mini>]>([
    ['add', {}],
    ['replace', {}],
    ['add', { flat: true }],
  ])('%s on a computed value %o', async (how, choices) => {
    const decoder = await mini(choices);
    const { residual } = decoder.anatomy.layers[0]!;
    const { graph, before, after } = inject(decoder.graph, residual, { positions: 'at', vectors: 'what' }, how);
    expect(after).toBe(residual);
    const indices = indicesFor(isFlat(decoder, residual), 5, places);
    const result = await run(decoder, slice(graph, [before, after, 'logits']), {
      at: intFeed(indices.data, indices.dims),
      what: floatFeed(vector, [1, 8]),
    });
    const clean = await run(decoder, slice(decoder.graph, [residual, 'logits']));
    close(result[before]!, clean[residual]!);
    const changed = (1 * 5 + 2) * 8;
    result[after]!.forEach((x, i) => {
      const [was, by] = [clean[residual]![i]!, vector[i - changed]];
      expect(x).toBeCloseTo(by === undefined ? was : how === 'add' ? was + by : by, 5);
    });
    // The row that was left alone, and what comes before the change, see nothing of it.
    close(result['logits']!.subarray(0, 5 * V), clean['logits']!.subarray(0, 5 * V));
    close(result['logits']!.subarray(5 * V, 7 * V), clean['logits']!.subarray(5 * V, 7 * V));
    expect(Math.abs(result['logits']![7 * V]! - clean['logits']![7 * V]!)).toBeGreaterThan(1e-3);
  });

  test('on an input, which keeps its name in front of the change', async () => {
    const decoder = await mini();
    const { residual } = decoder.anatomy.layers[0]!;
    const fed = feedInstead(decoder.graph, residual, 'float32', ['b', 's', 8]);
    const { graph, before, after } = inject(fed, residual, { positions: 'at', vectors: 'what' });
    expect([before === residual, after === residual]).toEqual([true, false]);
    const given = Float32Array.from({ length: 80 }, (_, i) => Math.sin(i));
    const result = await run(decoder, slice(graph, [after]), {
      [residual]: floatFeed(given, [2, 5, 8]),
      at: intFeed([1, 2], [1, 2]),
      what: floatFeed(vector, [1, 8]),
    });
    given.forEach((x, i) => expect(result[after]![i]).toBeCloseTo(x + (vector[i - 56] ?? 0), 5));
  });

  test('two injections share their positions', async () => {
    const decoder = await mini();
    const [one, two] = decoder.anatomy.layers.map((l) => l.residual) as [string, string];
    const first = inject(decoder.graph, one, { positions: 'at', vectors: 'a' });
    const second = inject(first.graph, two, { positions: 'at', vectors: 'b' });
    expect(second.graph.inputs.filter((v) => v.name === 'at')).toHaveLength(1);
    const clean = await run(decoder, slice(decoder.graph, [two]));
    const nothing = floatFeed(new Float32Array(8), [1, 8]);
    const result = await run(decoder, slice(second.graph, [two]), {
      at: intFeed([0, 0], [1, 2]),
      a: nothing,
      b: floatFeed(vector, [1, 8]),
    });
    close(
      result[two]!.map((x, i) => x - (vector[i] ?? 0)),
      clean[two]!,
    );
  });
});

describe('logitsAt', () => {
  const places = [
    { row: 1, token: 2 },
    { row: 0, token: 0 },
    { row: 0, token: 4 },
  ];

  test.each<[Partial<Mini>, boolean]>([
    [{}, true],
    [{ head: 'softcap' }, true],
    [{ flat: true }, true],
    [{ flat: true, head: 'softcap' }, true],
    [{ embeddingWidth: 6 }, true],
    [{ head: 'rotated' }, false],
    [{ head: 'rotated', flat: true }, false],
  ])('%o: the chosen rows of the full logits; all of them computed: %s', async (choices, sparing) => {
    const decoder = await mini(choices);
    const { unembedding, logits } = decoder.anatomy;
    const { graph, logits: chosen } = logitsAt(decoder.graph, unembedding.input, unembedding.product, logits, 'rows');
    const part = slice(graph, [chosen]);
    expect(part.nodes.every((n) => !n.outputs.includes(logits))).toBe(sparing);
    const indices = indicesFor(isFlat(decoder, unembedding.input), 5, places);
    const found = (await run(decoder, part, { rows: intFeed(indices.data, indices.dims) }))[chosen]!;
    const all = (await run(decoder, slice(decoder.graph, [logits])))[logits]!;
    expect(found.length).toBe(places.length * V);
    places.forEach((p, i) =>
      close(found.subarray(i * V, (i + 1) * V), all.subarray((p.row * 5 + p.token) * V, (p.row * 5 + p.token + 1) * V)),
    );
  });

  test('numbers that differ from token to token are not taken for a bias', async () => {
    const decoder = await mini();
    const { unembedding, logits } = decoder.anatomy;
    // logits + hidden state's first entry.
    const graph: Graph = { ...decoder.graph, constants: new Map(decoder.graph.constants), nodes: [...decoder.graph.nodes] };
    graph.constants.set('first', { dtype: 'int64', dims: [1], data: { kind: 'bytes', bytes: new Uint8Array(8) } });
    graph.nodes.push({
      name: 'g',
      op: 'Gather',
      domain: '',
      inputs: [unembedding.input, 'first'],
      outputs: ['entry'],
      attributes: { axis: { type: 'int', value: 2 } },
    });
    graph.nodes.push({ name: 'a', op: 'Add', domain: '', inputs: [logits, 'entry'], outputs: ['shifted'], attributes: {} });
    const built = logitsAt(graph, unembedding.input, unembedding.product, 'shifted', 'rows');
    const found = (await run(decoder, slice(built.graph, [built.logits]), { rows: intFeed([1, 2], [1, 2]) }))[built.logits]!;
    close(found, (await run(decoder, slice(graph, ['shifted'])))['shifted']!.subarray(7 * V, 8 * V));
  });
});
