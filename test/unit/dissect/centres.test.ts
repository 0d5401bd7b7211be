import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { centres, type Field, through, union, type Window } from '../../../electron/engine/dissect/centres.ts';
import { upsample, upsampling } from '../../../electron/engine/dissect/upsample.ts';

const START: Field = { offset: 0, size: 1, step: 1, length: 64 };
const windows = fc.array(
  fc.record({
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    before: fc.integer({ min: 0, max: 2 }),
    length: fc.constant(3),
  }),
  { maxLength: 4 },
);

/** Pixels that a cell hangs on, found by going back through the windows one by one. */
function seen(cell: number, layers: readonly Window[]): { first: number; last: number } {
  let [first, last] = [cell, cell];
  for (const { kernel, stride, dilation, before } of [...layers].reverse()) {
    first = first * stride - before;
    last = last * stride - before + (kernel - 1) * dilation;
  }
  return { first, last };
}

describe('what a cell sees', () => {
  test('is all that it hangs on, through any windows', () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 0, max: 5 }), (layers, cell) => {
        const field = layers.reduce(through, START);
        const { first, last } = seen(cell, layers);
        expect([field.offset + cell * field.step, field.size]).toEqual([first, last - first + 1]);
      }),
    );
  });

  test('its centre is the middle pixel', () => {
    const conv = through(START, { kernel: 3, stride: 1, dilation: 1, before: 1, length: 64 });
    expect(centres(conv).slice(0, 3)).toEqual([0, 1, 2]);
    const pooled = through(conv, { kernel: 2, stride: 2, dilation: 1, before: 0, length: 32 });
    expect(centres(pooled).slice(0, 3)).toEqual([1, 3, 5]);
  });

  test('maps that meet see what either sees; maps of other steps do not meet', () => {
    const wide = through(START, { kernel: 5, stride: 1, dilation: 1, before: 2, length: 64 });
    expect(union(START, wide, 'sum')).toEqual({ offset: -2, size: 5, step: 1, length: 64 });
    const halved = through(START, { kernel: 1, stride: 2, dilation: 1, before: 0, length: 32 });
    expect(() => union(START, halved, 'sum')).toThrow(/Maps of different sizes meet in sum/);
  });
});

describe('upsampling', () => {
  const field: Field = { offset: -1, size: 4, step: 4, length: 3 };

  test('has each cell’s own value at its centre, and is constant outside', () => {
    const map = [10, 20, 40, 50, 60, 80, 0, 0, 0];
    const made = upsample(map, upsampling([field, field], [12, 12], [12, 12]));
    const at = (y: number, x: number) => made[y * 12 + x];
    expect(centres(field)).toEqual([1, 5, 9]);
    expect([at(1, 1), at(1, 5), at(5, 9)]).toEqual([10, 20, 80]);
    expect([at(0, 0), at(0, 11), at(3, 1)]).toEqual([10, 40, 30]);
  });

  test('never leaves the range of the map', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -5, max: 5, noNaN: true }), { minLength: 9, maxLength: 9 }),
        fc.integer({ min: 1, max: 20 }),
        (map, pixels) => {
          const made = upsample(map, upsampling([field, field], [pixels, pixels], [12, 12]));
          expect(Math.max(...made)).toBeLessThanOrEqual(Math.max(...map) + 1e-9);
          expect(Math.min(...made)).toBeGreaterThanOrEqual(Math.min(...map) - 1e-9);
        },
      ),
    );
  });
});
