import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bar } from '../../../electron/services/bar.ts';
import { JobList } from '../../../electron/services/job-list.ts';
import type { Job } from '../../../shared/contract/jobs.ts';

it('never runs backwards, whatever the phases count and however they follow each other', () => {
  const step = fc.record({
    phase: fc.constantFrom('copying', 'examining', 'edit 1 of 3: targets', 'edit 2 of 3: targets'),
    done: fc.nat(10),
    total: fc.nat(10),
    unit: fc.constantFrom(undefined, 'bytes' as const, 'share' as const),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const bar = new Bar();
      const shares = steps.flatMap((one) => bar.at(one) ?? []);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
      expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    }),
  );
});

it('tells nothing while nothing is known, moves on with each phase, and leaves room for the next one', () => {
  const bar = new Bar();
  expect(bar.at({ phase: 'starting', done: 0, total: 0 })).toBeUndefined();
  expect(bar.at({ phase: 'copying', done: 1, total: 2 })).toBe(0.25);
  expect(bar.at({ phase: 'copying', done: 2, total: 2 })).toBe(0.5);
  expect(bar.at({ phase: 'examining', done: 0, total: 2 })).toBe(0.5);
  expect(bar.at({ phase: 'examining', done: 2, total: 2 })).toBe(0.75);
});

it('stands in every job that is told', async () => {
  const told: Job[] = [];
  const jobs = new JobList((event) => event.type === 'job' && told.push(event.job));
  const id = jobs.start('library.importBuiltIn', 'Import Atlas', undefined, (control) => {
    for (const phase of ['copying', 'hashing', 'trial run'])
      for (const done of [0, 1, 2]) control.onProgress({ phase, done, total: 2, secondsLeft: undefined });
    return Promise.resolve({ model: 'm', name: 'Atlas', known: false });
  });
  await jobs.finished(id);
  const shares = told.flatMap(({ share }) => share ?? []);
  expect(shares.length).toBeGreaterThan(5);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(told.at(-1)).toMatchObject({ state: 'done', share: 1 });
});
