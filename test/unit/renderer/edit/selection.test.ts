import { describe, expect, it } from 'vitest';
import { everything, only, through, toggled } from '../../../../renderer/screens/edit/selection.ts';

const order = [3, 1, 2, 5];
const ids = (selection: { ids: ReadonlySet<number> }) => [...selection.ids].sort();

describe('the selection of rows', () => {
  it('goes from where it began to a row, in the order shown, forth and back', () => {
    const down = through(only(1), 5, order);
    expect(ids(down)).toEqual([1, 2, 5]);
    expect(ids(through(down, 3, order))).toEqual([1, 3]);
    expect(ids(through(down, 1, order))).toEqual([1]);
  });

  it('takes single rows in and out, and never becomes empty', () => {
    const two = toggled(only(1), 5);
    expect(ids(two)).toEqual([1, 5]);
    expect(ids(toggled(two, 1))).toEqual([5]);
    expect(ids(toggled(only(1), 1))).toEqual([1]);
    expect(ids(through(two, 2, order))).toEqual([2, 5]);
  });

  it('begins anew where the row it began at is gone', () => {
    expect(ids(through(only(9), 2, order))).toEqual([2]);
    expect(ids(everything(order))).toEqual([1, 2, 3, 5]);
  });
});
