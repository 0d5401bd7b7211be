import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobControl } from '../../../electron/services/job-list.ts';
import { CHECK_PLAN, EDIT_PLAN, oneOfSeveral, WholeJob } from '../../../electron/services/whole-job.ts';
import type { TimedProgress } from '../../../shared/progress.ts';

/** A control that keeps what it is told. */
function listener(): { control: JobControl; told: TimedProgress[] } {
  const told: TimedProgress[] = [];
  const control: JobControl = {
    signal: new AbortController().signal,
    onProgress: (progress) => told.push(progress),
    onText: () => undefined,
    check: () => undefined,
  };
  return { control, told };
}
const at = (control: JobControl, phase: string, done: number, total: number) =>
  control.onProgress({ phase, done, total, secondsLeft: undefined });

/** What the engine says of an edit by MEMIT, as it was seen. */
const MEMIT: readonly (readonly [keyof typeof EDIT_PLAN, string, number])[] = [
  ['edit', 'contexts', 1],
  ['edit', 'covariance', 4],
  ['edit', 'reading facts', 2],
  ['edit', 'targets', 25],
  ['edit', 'layer 0', 3],
  ['edit', 'writing', 2],
  ['edit', 'layer 1', 3],
  ['edit', 'writing', 2],
  ['before', 'targets', 4],
  ['before', 'answers', 1],
  ['after', 'targets', 4],
  ['after', 'baseline', 2],
  ['after', 'baseline', 3],
  ['after', 'answers', 1],
  ['after', 'drift', 2],
  ['after', 'drift', 1],
];

describe('the bar of a whole job', () => {
  it('never runs backwards, ends full, and says in plain words what is done', () => {
    const { control, told } = listener();
    const whole = new WholeJob(control, EDIT_PLAN);
    for (const [stage, phase, total] of MEMIT) for (let done = 1; done <= total; done++) at(whole.at(stage), phase, done, total);
    const shares = told.map(({ done, total }) => done / total);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1);
    expect([...new Set(told.map(({ phase }) => phase))]).toEqual([
      '1 of 6: preparing the model',
      '2 of 6: reading ordinary text',
      '3 of 6: finding what to write',
      '4 of 6: writing the change',
      '5 of 6: measuring the model as it is',
      '6 of 6: measuring it with the edit',
    ]);
    expect(told.every(({ unit }) => unit === 'share')).toBe(true);
  });

  it('goes on evenly where facts are written one after the other', () => {
    const { control, told } = listener();
    const edit = new WholeJob(control, EDIT_PLAN).at('edit');
    for (let fact = 1; fact <= 4; fact++) {
      for (let step = 1; step <= 10; step++) at(edit, `fact ${fact} of 4: targets`, step, 10);
      at(edit, `fact ${fact} of 4: layer 3`, 1, 1);
    }
    const shares = told.map(({ done }) => done);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    const ends = [10, 21, 32, 43].map((last) => shares[last]!);
    expect(ends[3]! - ends[2]!).toBeCloseTo(ends[1]! - ends[0]!, 5);
  });

  it('tells the time left from what was worked off, not from what was skipped', () => {
    let clock = 0;
    const { control, told } = listener();
    const edit = new WholeJob(control, EDIT_PLAN, () => clock).at('edit');
    at(edit, 'contexts', 1, 1);
    // The covariance was kept from before: a third of the bar passes at once, and says nothing of the speed.
    for (let step = 0; step <= 10; step++) {
      clock = 1000 * step;
      at(edit, 'targets', step, 10);
    }
    const { secondsLeft, done } = told.at(-1)!;
    const rate = 0.24 / 10; // the weight of the targets, over ten seconds
    expect(secondsLeft).toBeGreaterThan(0.8 * ((1 - done) / rate));
    expect(secondsLeft).toBeLessThan(1.2 * ((1 - done) / rate));
  });

  it('is one bar over several edits that are made anew', () => {
    const { control, told } = listener();
    for (let one = 0; one < 3; one++) {
      const own = oneOfSeveral(control, one, 3);
      const whole = new WholeJob(own, EDIT_PLAN);
      for (const [stage, phase, total] of MEMIT) at(whole.at(stage), phase, total, total);
      at(own, 'rebuilding', 1, 2);
    }
    const shares = told.map(({ done, total }) => done / total);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1);
  });
});

describe('the list of phases', () => {
  const sources = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory()
        ? sources(join(folder, entry.name))
        : entry.name.endsWith('.ts')
          ? [readFileSync(join(folder, entry.name), 'utf8')]
          : [],
    );
  const engine = join(import.meta.dirname, '../../../electron/engine');
  /** Of jobs of their own. */
  const ELSEWHERE = ['near keys'];

  it('has every phase that an edit reports', () => {
    const said = [...sources(join(engine, 'edit'))].flatMap((text) =>
      [...text.matchAll(/\bprogress\(\s*'([^']+)'/g)].map(([, phase]) => phase!),
    );
    expect(said.length).toBeGreaterThan(5);
    const known = Object.keys(EDIT_PLAN.edit);
    expect(said.filter((phase) => !known.includes(phase) && !ELSEWHERE.includes(phase))).toEqual([]);
  });

  it('has what making a version reports', () => {
    const text = readFileSync(join(engine, 'handlers/versions.ts'), 'utf8');
    const said = [...text.matchAll(/\bprogress\(\s*'([^']+)'/g)].map(([, phase]) => phase!);
    expect(new Set(said)).toEqual(new Set(['rebuilding']));
    expect(Object.keys(EDIT_PLAN.edit)).toContain('rebuilding');
    expect(Object.keys(CHECK_PLAN.check)).toContain('rebuilding');
  });
});
