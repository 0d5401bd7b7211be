import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Adam } from '../../../electron/engine/edit/adam.ts';
import { groupRows, type PendingRow } from '../../../electron/engine/edit/chunks.ts';
import { changedBytes, changedWeight, deltaNorms, fullDelta, withDelta } from '../../../electron/engine/edit/delta.ts';
import type { WeightDelta } from '../../../electron/engine/edit/types.ts';
import { matrix } from '../../../electron/engine/linalg/matrix.ts';
import { floatsToBytes, tensorBytes, tensorFloats } from '../../../electron/engine/onnx/tensors.ts';
import type { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { Random } from '../../../electron/engine/runtime/sampling.ts';
import { mini, type Mini } from '../runtime/mini.ts';

test('Adam moves as PyTorch does (torch.optim.Adam, lr 0.5, float64)', () => {
  const x = Float64Array.of(1, -2, 0.5);
  const adam = new Adam(3, 0.5);
  const expected = [
    [0.50000005, -1.500000005, 0.5],
    [0.041109511028, -1.244486969952, 0.5],
    [0.121566660479, -1.046974653921, 0.180598729727],
  ];
  for (const [i, gradient] of [
    [0.1, -1, 0],
    [0.3, 0.2, 0],
    [-0.5, 0, 0.001],
  ].entries()) {
    adam.step(x, Float64Array.from(gradient));
    x.forEach((v, k) => expect(v).toBeCloseTo(expected[i]![k]!, 10));
  }
});

describe('groupRows', () => {
  const row = fc
    .integer({ min: 1, max: 30 })
    .chain((length) =>
      fc.record({
        fact: fc.nat(5),
        ids: fc.constant(Array.from({ length }, (_, i) => i)),
        settled: fc.integer({ min: 0, max: length - 1 }),
      }),
    );

  test('every row is in one group, no group settles more than its rows allow, none runs over the budget', () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 25 }),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        (rows: PendingRow[], budget, useCache) => {
          const groups = groupRows(rows, budget, useCache);
          const seen = groups.flatMap((g) => g.rows);
          expect(seen).toHaveLength(rows.length);
          expect(new Set(seen)).toEqual(new Set(rows));
          for (const { settled, rows: members } of groups) {
            for (const r of members) expect(settled).toBeLessThanOrEqual(useCache ? r.settled : 0);
            const longest = Math.max(...members.map((r) => r.ids.length - settled));
            if (members.length > 1) expect(members.length * longest).toBeLessThanOrEqual(budget);
          }
        },
      ),
    );
  });
});

describe('a delta', () => {
  const random = new Random(8);
  const numbers = (n: number) => Float64Array.from({ length: n }, () => random.next() - 0.5);
  const delta: WeightDelta = { layer: 1, weight: '1.0.down', left: matrix(3, 8, numbers(24)), right: matrix(3, 12, numbers(36)) };
  const weightOf = (decoder: Decoder) => decoder.graph.constants.get('1.0.down')!;

  test.each<Partial<Mini>>([{}, { layout: 'out-in' }, { precision: 'float16' }, { precision: 'bfloat16', layout: 'out-in' }])(
    'is added in the weight’s own layout and precision: %o',
    async (choices) => {
      const decoder = await mini(choices);
      const before = tensorFloats(decoder.model, weightOf(decoder));
      const tensor = changedWeight(decoder, delta);
      expect({ dtype: tensor.dtype, dims: tensor.dims }).toEqual({
        dtype: choices.precision ?? 'float32',
        dims: choices.layout === 'out-in' ? [8, 12] : [12, 8],
      });
      // y = W·x, ΔW[d, f] = Σ left[r, d]·right[r, f].
      const sum = before.slice();
      for (let d = 0; d < 8; d++)
        for (let f = 0; f < 12; f++) {
          let by = 0;
          for (let r = 0; r < 3; r++) by += delta.right.data[r * 12 + f]! * delta.left.data[r * 8 + d]!;
          const at = choices.layout === 'out-in' ? d * 12 + f : f * 8 + d;
          sum[at] = sum[at]! + Math.fround(by);
          expect(fullDelta(delta).data[d * 12 + f]).toBeCloseTo(by, 12);
        }
      const bytes = tensorBytes(decoder.model, tensor);
      // Half precision may round a last bit otherwise where the float32 sum differs in its own.
      const nearest = tensorFloats(
        { folder: '' },
        { ...tensor, data: { kind: 'bytes', bytes: floatsToBytes(sum, tensor.dtype as 'float32') } },
      );
      const step = { float32: 1e-7, float16: 1e-3, bfloat16: 8e-3 }[choices.precision ?? 'float32'];
      tensorFloats(decoder.model, tensor).forEach((x, i) => expect(Math.abs(x - nearest[i]!)).toBeLessThanOrEqual(step * Math.abs(x)));
      expect(tensorBytes(decoder.model, changedWeight(decoder, delta))).toEqual(bytes);
      expect(tensorFloats(decoder.model, weightOf(decoder))).toEqual(before);
    },
  );

  test('the same delta gives the same numbers in both layouts', async () => {
    const [a, b] = await Promise.all([mini(), mini()]);
    expect(changedWeight(a, delta)).toEqual(changedWeight(b, delta));
    const start = tensorFloats(a.model, weightOf(a));
    const turned = await mini({ layout: 'out-in' });
    const transposed = {
      ...turned.graph.constants.get('1.0.down')!,
      data: {
        kind: 'bytes' as const,
        bytes: new Uint8Array(Float32Array.from({ length: 96 }, (_, i) => start[(i % 12) * 8 + Math.floor(i / 12)]!).buffer),
      },
    };
    const [x, y] = [changedWeight(a, delta), changedWeight(turned.withConstants(new Map([['1.0.down', transposed]])), delta)].map((t) =>
      tensorFloats(a.model, t),
    ) as [Float32Array, Float32Array];
    x.forEach((v, i) => expect(v).toBe(y[(i % 8) * 12 + Math.floor(i / 8)]));
  });

  test('a version holds the changed weights and leaves the base alone', async () => {
    const decoder = await mini();
    const edited = withDelta(decoder, { weights: [delta] });
    expect([...changedBytes(edited).keys()]).toEqual(['1.0.down']);
    expect(changedBytes(decoder).size).toBe(0);
    expect(changedBytes(edited).get('1.0.down')).toEqual(tensorBytes(decoder.model, changedWeight(decoder, delta)));
    const twice = withDelta(edited, {
      weights: [
        {
          ...delta,
          left: matrix(
            3,
            8,
            delta.left.data.map((v) => -v),
          ),
        },
      ],
    });
    tensorFloats(twice.model, weightOf(twice)).forEach((v, i) =>
      expect(v).toBeCloseTo(tensorFloats(decoder.model, weightOf(decoder))[i]!, 5),
    );
    const { delta: size, weight } = deltaNorms(edited, delta);
    expect(size).toBeCloseTo(Math.hypot(...fullDelta(delta).data), 10);
    expect(weight).toBeCloseTo(Math.hypot(...tensorFloats(decoder.model, weightOf(decoder))), 4);
  });

  test('one that was made on another model is refused by name', async () => {
    const decoder = await mini();
    expect(() => changedWeight(decoder, { ...delta, layer: 0 })).toThrow(/"1\.0\.down" in layer 0.*"0\.0\.down"/);
    expect(() => changedWeight(decoder, { ...delta, layer: 7 })).toThrow(/keeps "nothing"/);
    expect(() => changedWeight(decoder, { ...delta, left: matrix(3, 9) })).toThrow(/3×9 and 3×12; expected r×8 and r×12/);
    expect(() => changedWeight(decoder, { ...delta, left: matrix(2, 8) })).toThrow(/2×8 and 3×12/);
  });
});
