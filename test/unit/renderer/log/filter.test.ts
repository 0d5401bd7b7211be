import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastWeek } from '../../../../renderer/components/lists/days.ts';
import { FilterSchema, KindSchema } from '../../../../shared/contract/audit.ts';
import * as v from 'valibot';
import {
  chipsOf,
  filterForCall,
  filterFromQuery,
  filterToQuery,
  isReversed,
  NO_FILTER,
  toggleKind,
  type LogFilter,
} from '../../../../renderer/screens/log/filter.ts';

const words = fc.string({ unit: 'grapheme' }).map((text) => text.trim());
const day = fc.constantFrom('', '2024-02-29', '2026-11-24');
const anyFilter: fc.Arbitrary<LogFilter> = fc.record({
  text: words,
  author: words,
  method: words,
  relation: words,
  subject: words,
  from: day,
  to: day,
  kinds: fc.uniqueArray(fc.constantFrom(...KindSchema.options)),
  verdict: fc.constantFrom('' as const, 'passed' as const, 'failed' as const, 'none' as const),
  review: fc.constantFrom('' as const, 'approved' as const, 'rejected' as const, 'none' as const),
});

describe('the filter in the address', () => {
  it('comes back as it went in', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        expect(filterFromQuery(filterToQuery(filter))).toEqual(filter);
      }),
    );
  });
  it('is empty for no filter', () => {
    expect(filterToQuery(NO_FILTER)).toEqual({});
    expect(filterFromQuery({})).toEqual(NO_FILTER);
  });
  it('leaves out what no filter can be', () => {
    expect(filterFromQuery({ kinds: 'edit nonsense edit', from: 'yesterday', verdict: 'great', text: 'Oslo', entry: '1' })).toEqual({
      ...NO_FILTER,
      kinds: ['edit'],
      text: 'Oslo',
    });
  });
});

describe('the filter for the call', () => {
  it('is always one that the contract takes', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        expect(v.is(FilterSchema, filterForCall(filter))).toBe(true);
      }),
    );
  });
  it('takes the last day whole, by the clock of the machine', () => {
    const { from, to } = filterForCall({ ...NO_FILTER, from: '2026-02-28', to: '2026-02-28' });
    expect(from).toBe(new Date(2026, 1, 28).toISOString());
    expect(to).toBe(new Date(2026, 2, 1).toISOString());
  });
  it('says nothing of what is not set', () => {
    expect(filterForCall(NO_FILTER)).toEqual({});
  });
});

describe('chips', () => {
  it('are one for each thing set and each kind, and taking one away leaves the others', () => {
    const filter: LogFilter = { ...NO_FILTER, text: 'Oslo', kinds: ['edit', 'revert'], from: '2026-01-01' };
    const chips = chipsOf(filter);
    expect(chips.map((chip) => [chip.field, chip.value])).toEqual([
      ['text', 'Oslo'],
      ['kinds', 'edit'],
      ['kinds', 'revert'],
      ['from', '2026-01-01'],
    ]);
    expect(chips[1]!.without).toEqual({ ...filter, kinds: ['revert'] });
    expect(chips[3]!.without).toEqual({ ...filter, from: '' });
  });
  it('taken away one after the other leave no filter', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        let left = filter;
        while (chipsOf(left).length > 0) left = chipsOf(left)[0]!.without;
        expect(left).toEqual(NO_FILTER);
      }),
    );
  });
});

it('takes a kind in and out', () => {
  expect(toggleKind(toggleKind(NO_FILTER, 'edit'), 'tag').kinds).toEqual(['edit', 'tag']);
  expect(toggleKind({ ...NO_FILTER, kinds: ['edit', 'tag'] }, 'edit').kinds).toEqual(['tag']);
});

it('knows the last seven days, across the end of a month', () => {
  expect(lastWeek(new Date(2026, 2, 3, 23, 59).getTime())).toEqual({ from: '2026-02-25', to: '2026-03-03' });
});

it('knows days that leave nothing', () => {
  expect(isReversed({ from: '2026-02-02', to: '2026-02-01' })).toBe(true);
  expect(isReversed({ from: '2026-02-02', to: '2026-02-02' })).toBe(false);
  expect(isReversed({ from: '2026-02-02', to: '' })).toBe(false);
});
