import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Graph, Value } from '../../../electron/engine/onnx/graph.ts';
import { feedsFor, findInputs, rightPad } from '../../../electron/engine/runtime/inputs.ts';
import { floats } from '../../../electron/engine/runtime/session.ts';
import { Stage } from '../../../electron/engine/decoder/stage.ts';
import { mini, miniModel, openModel, tokenRows } from './mini.ts';

const parts = (graph: Graph) => {
  const { ids, mask, positions, past } = findInputs(graph);
  return { ids: ids.name, mask: mask?.name, positions: positions?.name, past: past.map((p) => [p.input, p.present]) };
};

async function logitsOf(decoder: Awaited<ReturnType<typeof mini>>, rows: readonly (readonly number[])[]): Promise<Float32Array> {
  const stage = await Stage.create(decoder, undefined, [decoder.anatomy.logits]);
  return floats(await stage.run(rightPad(rows)), decoder.anatomy.logits);
}

describe('findInputs', () => {
  test('the usual names', () => {
    expect(parts(miniModel({ layers: 1 }).graph)).toEqual({
      ids: 'input_ids',
      mask: 'attention_mask',
      positions: 'position_ids',
      past: [
        ['past_key_values.0.key', 'present.0.key'],
        ['past_key_values.0.value', 'present.0.value'],
      ],
    });
  });

  test('permuted names are seen through by type, rank and length', async () => {
    // What optimum --dynamo wrote for GPT-2: a cache under the mask's name, the mask under a cache's.
    const names = {
      attention_mask: 'past_key_values.0.key',
      'past_key_values.0.key': 'past_key_values.0.value',
      'past_key_values.0.value': 'position_ids',
      position_ids: 'attention_mask',
    };
    const { graph } = miniModel({ layers: 1, names });
    expect(parts(graph)).toEqual({
      ids: 'input_ids',
      mask: 'past_key_values.0.key',
      positions: 'attention_mask',
      past: [
        ['past_key_values.0.value', 'present.0.key'],
        ['position_ids', 'present.0.value'],
      ],
    });
    const rows = tokenRows([5, 3]);
    expect(await logitsOf(await mini({ layers: 1, names }), rows)).toEqual(await logitsOf(await mini({ layers: 1 }), rows));
  });

  test('token ids under another name are those that select from a table as long as the vocabulary', () => {
    const names = { input_ids: 'tokens', position_ids: 'where', attention_mask: 'which' };
    expect(parts(miniModel({ cache: false, names }).graph)).toMatchObject({ ids: 'tokens' });
  });

  test('no mask, and a mask of another type', async () => {
    expect(parts(miniModel({ mask: false }).graph)).toMatchObject({ mask: undefined, positions: 'position_ids' });
    const rows = tokenRows([4]);
    const plain = await logitsOf(await mini(), rows);
    for (const dtype of ['bool', 'float32', 'int32'] as const) {
      const model = miniModel();
      const inputs = model.graph.inputs.map((v): Value => (v.name === 'attention_mask' ? { ...v, dtype } : v));
      expect(await logitsOf(await openModel({ ...model, graph: { ...model.graph, inputs } }), rows)).toEqual(plain);
    }
  });

  test('a list of positions and a number of logits to keep', () => {
    const { graph } = miniModel({ cache: false });
    const more: Value[] = [
      { name: 'cache_position', dtype: 'int64', dims: ['length'] },
      { name: 'num_logits_to_keep', dtype: 'int64', dims: [] },
    ];
    const inputs = findInputs({ ...graph, inputs: [...graph.inputs, ...more] });
    const feeds = feedsFor(inputs, rightPad(tokenRows([3, 2]), 4), new Set(['cache_position', 'num_logits_to_keep']));
    expect([feeds['cache_position']!.dims, [...(feeds['cache_position']!.data as BigInt64Array)]]).toEqual([[3], [4n, 5n, 6n]]);
    expect([feeds['num_logits_to_keep']!.dims, [...(feeds['num_logits_to_keep']!.data as BigInt64Array)]]).toEqual([[], [0n]]);
  });

  test.each<[string, Value[], RegExp]>([
    [
      'an encoder-decoder',
      [{ name: 'encoder_hidden_states', dtype: 'float32', dims: ['b', 's', 8] }],
      /encoder-decoder.*encoder_hidden_states: float32\[b, s, 8\]/,
    ],
    ['embeddings as input', [{ name: 'inputs_embeds', dtype: 'float32', dims: ['b', 's', 8] }], /token embedding/],
    ['an input of unknown meaning', [{ name: 'pixel_values', dtype: 'float32', dims: ['b', 3, 'h', 'w', 1] }], /unknown: pixel_values/],
  ])('%s is refused by name', (_, more, message) => {
    const { graph } = miniModel({ cache: false });
    expect(() => findInputs({ ...graph, inputs: [...graph.inputs, ...more] })).toThrow(message);
  });

  test('a cache that leads nowhere is refused', () => {
    const { graph } = miniModel({ layers: 1 });
    const ends = graph.outputs.filter((v) => v.name !== 'present.0.key');
    expect(() => findInputs({ ...graph, outputs: ends })).toThrow(/"past_key_values\.0\.key" has rank 4 and leads to no cache output/);
  });

  test('a graph without tokens is refused', () => {
    const { graph } = miniModel({ cache: false });
    const nodes = graph.nodes.filter((n) => n.op !== 'Gather');
    const inputs = graph.inputs.filter((v) => v.name !== 'input_ids');
    expect(() => findInputs({ ...graph, nodes, inputs })).toThrow(/No token input.*found attention_mask: int64\[batch, length\]/);
  });
});

describe('rightPad and feedsFor', () => {
  const rows = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });

  test('rows keep their tokens, the mask covers them and the past, padding repeats the last token', () => {
    fc.assert(
      fc.property(rows, fc.nat(3), (given, past) => {
        const padded = rightPad(given, past);
        const ids = Array.from(padded.ids, Number);
        const mask = Array.from(padded.mask, Number);
        given.forEach((row, b) => {
          const now = ids.slice(b * padded.length, (b + 1) * padded.length);
          expect(now.slice(0, row.length)).toEqual(row);
          expect(now.slice(row.length).every((id) => id === row.at(-1))).toBe(true);
          expect(mask.slice(b * (past + padded.length), (b + 1) * (past + padded.length))).toEqual(
            Array.from({ length: past + padded.length }, (_, s) => (s < past + row.length ? 1 : 0)),
          );
        });
      }),
    );
  });

  test('padding changes nothing at real positions', async () => {
    const decoder = await mini();
    const [long, short] = tokenRows([7, 3]) as [number[], number[]];
    const both = await logitsOf(decoder, [long, short]);
    const alone = await logitsOf(decoder, [short]);
    alone.forEach((x, i) => expect(both[7 * 23 + i]).toBeCloseTo(x, 5));
  });

  test('padding does no harm where the embedding of token 0 is nothing and the norm has no epsilon', async () => {
    const model = miniModel({ vocabulary: 23 });
    const { graph } = model;
    const table = graph.constants.get('embedding')!;
    if (table.data.kind !== 'bytes') throw new Error('expected bytes');
    const bytes = table.data.bytes.slice().fill(0, 0, 4 * 8);
    const constants = new Map(graph.constants).set('embedding', { ...table, data: { kind: 'bytes', bytes } });
    // x / √mean(x²) in front of everything else.
    const embedded = graph.nodes.find((n) => n.inputs[0] === 'embedding')!;
    const node = (op: string, inputs: string[], outputs: string[]) => ({ name: op, op, domain: '', inputs, outputs, attributes: {} });
    const nodes = graph.nodes.flatMap((n) =>
      n !== embedded
        ? [n]
        : [
            { ...n, outputs: ['raw'] },
            node('Mul', ['raw', 'raw'], ['square']),
            { ...node('ReduceMean', ['square', 'axis'], ['mean']) },
            node('Sqrt', ['mean'], ['root']),
            node('Div', ['raw', 'root'], [n.outputs[0]!]),
          ],
    );
    constants.set('axis', { dtype: 'int64', dims: [1], data: { kind: 'bytes', bytes: new Uint8Array(BigInt64Array.of(-1n).buffer) } });
    const decoder = await openModel({ ...model, graph: { ...graph, constants, nodes } });
    const rows = tokenRows([6, 2]);
    const logits = await logitsOf(decoder, rows);
    expect([...logits.subarray(6 * 23, 8 * 23)].every(Number.isFinite)).toBe(true);
  });

  test('positions go on behind the past', async () => {
    const decoder = await mini();
    const feeds = feedsFor(decoder.inputs, rightPad([[1, 2], [3]], 5), new Set(['position_ids', 'past_key_values.1.value']));
    expect(Object.keys(feeds).sort()).toEqual(['past_key_values.1.value', 'position_ids']);
    expect([...(feeds['position_ids']!.data as BigInt64Array)]).toEqual([5n, 6n, 5n, 6n]);
    expect(feeds['past_key_values.1.value']!.dims).toEqual([2, 2, 5, 4]);
  });
});
