import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { best, overlap, plainIou, restrictedIou } from '../../../electron/engine/dissect/iou.ts';
import { Labels } from '../../../electron/engine/dissect/labels.ts';
import { threshold, TIE } from '../../../electron/engine/dissect/quantile.ts';
import { dissectUnit, mask, permutation, summarise } from '../../../electron/engine/dissect/units.ts';
import { Random } from '../../../electron/engine/runtime/sampling.ts';

const floats = fc
  .array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 400 })
  .map((all) => Float32Array.from(all));

describe('threshold', () => {
  test('lies between neighbours in proportion, as numpy.quantile has it', () => {
    // numpy.quantile([0, 1, 2, 3, 10], 0.9) = 7.2
    expect(threshold(Float32Array.of(0, 1, 2, 3, 10), 0.1).value).toBeCloseTo(7.2, 12);
    expect(threshold(Float32Array.of(0, 1, 2, 3, 10), 0.1).gap).toBe(7);
    expect(threshold(Float32Array.of(5), 0.005)).toEqual({ value: 5, gap: 0 });
  });

  test('no more places are above it than its share, and its gap is 0 where equal activations lie around it', () => {
    fc.assert(
      fc.property(floats, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (activations, share) => {
        const cut = threshold(activations.slice().sort(), share);
        const on = mask(activations, cut);
        expect(on.length).toBeLessThanOrEqual(Math.ceil(share * activations.length));
        expect(cut.gap).toBeGreaterThanOrEqual(0);
        if (cut.gap === 0) expect(activations).toContain(Math.fround(cut.value));
      }),
    );
  });
});

const CONCEPTS = [
  { category: 'kind', name: 'city' },
  { category: 'kind', name: 'river' },
  { category: 'colour', name: 'blue' },
];
const labelled = fc.array(fc.tuple(fc.subarray([0, 1, 2]), fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 120 }).map(
  (places) =>
    new Labels(
      CONCEPTS,
      places.map(([at]) => at),
      Int32Array.from(places, ([, document]) => document),
    ),
);

describe('intersection over union', () => {
  test('a mask counts only in documents that carry a label of the category', () => {
    // Two documents of two places; the second has no colour.
    const labels = new Labels(CONCEPTS, [[2], [], [0], []], Int32Array.of(0, 0, 1, 1));
    const found = overlap(labels, [0, 2]);
    expect([...restrictedIou(labels, found)]).toEqual([1, 0, 1]);
    expect([...plainIou(labels, found)]).toEqual([0.5, 0, 0.5]);
  });

  test('is 1 for a concept under its own mask, never less than the plain one, and between 0 and 1', () => {
    fc.assert(
      fc.property(labelled, fc.infiniteStream(fc.boolean()), (labels, coins) => {
        const all = Array.from(labels.documentOf, (_, place) => place);
        const on = all.filter(() => coins.next().value);
        const found = overlap(labels, on);
        const [restricted, plain] = [restrictedIou(labels, found), plainIou(labels, found)];
        restricted.forEach((iou, concept) => {
          expect(iou).toBeGreaterThanOrEqual(plain[concept]!);
          expect(iou).toBeLessThanOrEqual(1);
          if (labels.sizes[concept]! > 0)
            expect(
              plainIou(
                labels,
                overlap(
                  labels,
                  all.filter((place) => labels.at(place).includes(concept)),
                ),
              )[concept],
            ).toBe(1);
        });
      }),
    );
  });

  test('the first of equals is the best', () => {
    expect(best(Float64Array.of(0.1, 0.3, 0.3))).toEqual({ concept: 1, iou: 0.3 });
    expect(best(Float64Array.of(0, 0))).toEqual({ concept: 0, iou: 0 });
  });

  test('a shuffle keeps how often each concept occurs', () => {
    fc.assert(
      fc.property(labelled, fc.integer(), (labels, seed) => {
        const order = permutation(labels.documentOf.length, new Random(seed));
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from(order, (_, i) => i));
        expect(labels.shuffled(order).sizes).toEqual(labels.sizes);
      }),
    );
  });
});

describe('a unit', () => {
  const places = 1000;
  const documentOf = new Int32Array(places);
  const labels = new Labels(
    CONCEPTS,
    Array.from({ length: places }, (_, p) => (p < 8 ? [1] : [0])),
    documentOf,
  );

  test('that is strongest at a concept is its detector; one whose strongest activations are equal is undecided', () => {
    const river = dissectUnit(
      0,
      Float32Array.from({ length: places }, (_, p) => places - p),
      labels,
      [],
    );
    expect([river.concept, river.iou, river.active, river.undecided]).toEqual([1, 5 / 8, 5, false]);
    expect(river.top.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const flat = dissectUnit(1, new Float32Array(places), labels, []);
    expect([flat.active, flat.undecided]).toEqual([0, true]);
    const close = dissectUnit(
      2,
      Float32Array.from({ length: places }, (_, p) => (places - p) * TIE * 0.5),
      labels,
      [],
    );
    expect(close.undecided).toBe(true);
    const layer = summarise('0', [river, flat, close], 0);
    expect([layer.detectors, layer.undecided, layer.concepts]).toEqual([1, 2, 1]);
  });
});
