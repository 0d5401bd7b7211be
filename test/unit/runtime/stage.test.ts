import { describe, expect, test } from 'vitest';
import { rightPad } from '../../../electron/engine/runtime/inputs.ts';
import { floats } from '../../../electron/engine/runtime/session.ts';
import { graphFrom, liveAt, Stage } from '../../../electron/engine/decoder/stage.ts';
import { EmendError } from '../../../shared/errors.ts';
import { siteValue } from '../../../electron/engine/decoder/sites.ts';
import { mini, type Mini, miniModel, openModel, tokenRows } from './mini.ts';

const rows = rightPad(tokenRows([6, 4]));

describe('liveAt', () => {
  test('a hidden state alone where the graph has a cut, the skip beside it inside a block', async () => {
    const decoder = await mini();
    const [layer] = decoder.anatomy.layers;
    expect(liveAt(decoder, layer!.residual)).toEqual([layer!.residual]);
    const inside = liveAt(decoder, layer!.mlp.key);
    expect(inside).toHaveLength(2);
    expect(inside).toContain(layer!.mlp.key);
  });

  test('a parallel block carries its attention along', async () => {
    const decoder = await mini({ norms: 'parallel' });
    const [layer] = decoder.anatomy.layers;
    expect(liveAt(decoder, layer!.residual)).toEqual([layer!.residual]);
    expect(liveAt(decoder, layer!.mlp.key)).toHaveLength(3);
  });
});

describe('Stage', () => {
  test.each<[string, Partial<Mini>]>([
    ['sequential', {}],
    ['without a cache', { cache: false }],
    ['rank 2', { flat: true }],
    ['parallel', { norms: 'parallel' }],
    ['norm behind the sum', { norms: 'post' }],
    ['gated', { gated: true, norms: 'branch' }],
  ])('two halves give what the whole gives: %s', async (_, choices) => {
    const decoder = await mini({ layers: 3, ...choices });
    const { anatomy } = decoder;
    const whole = floats(await (await Stage.create(decoder, undefined, [anatomy.logits])).run(rows), anatomy.logits);
    for (const site of [
      { kind: 'residual', layer: 0 },
      { kind: 'mlp', layer: 1 },
      { kind: 'key', layer: 1 },
      { kind: 'heads', layer: 2 },
      { kind: 'embedding' },
    ] as const) {
      const from = siteValue(anatomy, site);
      const second = await Stage.create(decoder, from, [anatomy.logits]);
      const first = await (await Stage.create(decoder, undefined, second.live)).run(rows);
      const result = floats(await second.run(rows, Object.fromEntries(second.live.map((name) => [name, first[name]!]))), anatomy.logits);
      result.forEach((x, i) => expect(x, `${site.kind} ${i}`).toBeCloseTo(whole[i]!, 4));
    }
  });

  test('the second half computes nothing from before it, also where a shape is read there', async () => {
    // The size of the mask comes from the first hidden state, as exporters write it.
    const model = miniModel({ cache: false, layers: 3 });
    const embedded = model.graph.nodes.find((n) => n.inputs[0] === 'embedding')!.outputs[0]!;
    const nodes = model.graph.nodes.map((n) => {
      if (n.op !== 'Shape' || n.inputs[0] !== 'input_ids' || n.attributes['start']) return n;
      return { ...n, outputs: [`${n.outputs[0]}/all`], inputs: ['hidden'] };
    });
    const sizes = nodes.filter((n) => n.outputs[0]!.endsWith('/all'));
    expect(sizes.length).toBeGreaterThan(0);
    const first = { name: 'first', op: 'Add', domain: '', inputs: [embedded, '0.o.bias'], outputs: ['hidden'], attributes: {} };
    const at = nodes.findIndex((n) => n.outputs[0] === embedded) + 1;
    // Shape of [batch, length, width], of which the first two are kept.
    const cut = sizes.map((n) => ({
      name: 'cut',
      op: 'Slice',
      domain: '',
      inputs: [n.outputs[0]!, 'zero', 'two'],
      outputs: [n.outputs[0]!.slice(0, -4)],
      attributes: {},
    }));
    const ordered = [
      ...nodes.slice(0, at).filter((n) => !sizes.includes(n)),
      first,
      ...sizes,
      ...cut,
      ...nodes
        .slice(at)
        .filter((n) => !sizes.includes(n))
        .map((n) => ({ ...n, inputs: n.inputs.map((i) => (i === embedded ? 'hidden' : i)) })),
    ];
    const constants = new Map(model.graph.constants);
    for (const [name, n] of [
      ['zero', 0n],
      ['two', 2n],
    ] as const)
      constants.set(name, { dtype: 'int64', dims: [1], data: { kind: 'bytes', bytes: new Uint8Array(BigInt64Array.of(n).buffer) } });
    const decoder = await openModel({ ...model, graph: { ...model.graph, constants, nodes: ordered } });
    const { anatomy } = decoder;
    const { graph, live } = graphFrom(decoder, anatomy.layers[1]!.residual, [anatomy.logits]);
    expect(live).toEqual([anatomy.layers[1]!.residual]);
    expect(graph.constants.has('embedding')).toBe(false);
    const lead = await (await Stage.create(decoder, undefined, [...live, anatomy.logits])).run(rows);
    const second = await Stage.create(decoder, live[0], [anatomy.logits]);
    const found = floats(await second.run(rows, { [live[0]!]: lead[live[0]!]! }), anatomy.logits);
    found.forEach((x, i) => expect(x).toBeCloseTo(floats(lead, anatomy.logits)[i]!, 4));
  });

  test('settled tokens enter as keys and values', async () => {
    const decoder = await mini();
    const given = tokenRows([6, 6]);
    const { anatomy, inputs } = decoder;
    const whole = floats(await (await Stage.create(decoder, undefined, [anatomy.logits])).run(rightPad(given)), anatomy.logits);
    const settle = await (
      await Stage.create(
        decoder,
        undefined,
        inputs.past.map((p) => p.present),
      )
    ).run(rightPad(given.map((r) => r.slice(0, 4))));
    const past = new Map(inputs.past.map((p) => [p.input, settle[p.present]!]));
    const rest = floats(
      await (
        await Stage.create(decoder, undefined, [anatomy.logits])
      ).run(
        rightPad(
          given.map((r) => r.slice(4)),
          4,
        ),
        {},
        past,
      ),
      anatomy.logits,
    );
    for (const b of [0, 1]) for (let i = 0; i < 2 * 23; i++) expect(rest[b * 2 * 23 + i]).toBeCloseTo(whole[(b * 6 + 4) * 23 + i]!, 4);
  });
});

test('a layer that is not there is named with those that are', async () => {
  const { anatomy } = await mini();
  expect(() => siteValue(anatomy, { kind: 'residual', layer: 2 })).toThrow(EmendError);
  expect(() => siteValue(anatomy, { kind: 'residual', layer: 2 })).toThrow(/Layer 2 .*layers 0 to 1/);
});
