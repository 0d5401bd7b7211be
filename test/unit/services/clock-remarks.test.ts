import { expect, it } from 'vitest';
import { clockRemarks } from '../../../electron/services/clock-remarks.ts';

const entries = (...times: string[]) => times.map((time, at) => ({ seq: at + 1, time }));

it('tells of a clock that was set back, and of times that no calendar has; of computers a little apart it says nothing', () => {
  expect(clockRemarks(entries('2026-11-29T10:00:00.000Z', '2026-11-29T09:59:30.000Z', '2026-11-29T10:00:01.000Z'))).toEqual([]);
  const set = clockRemarks(
    entries('2026-11-29T10:00:00.000Z', '2016-11-29T10:00:00.000Z', '2026-99-99T99:99:99.999Z', '2026-02-31T00:00:00.000Z'),
  );
  expect(set).toHaveLength(3);
  expect(set[0]).toMatch(/^Entry 2 .*earlier than entry 1 .*a clock was set/);
  expect(set.slice(1).join('\n')).toMatch(/Entry 3 .*no calendar has\.\nEntry 4 .*no calendar has/);
});

it('sums up many', () => {
  const back = Array.from({ length: 30 }, (_, at) => `20${String(30 - at).padStart(2, '0')}-01-01T00:00:00.000Z`);
  expect(clockRemarks(entries(...back))).toHaveLength(6);
});
