import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmendError } from '../../shared/errors.ts';
import type { Application } from '../../electron/services/application.ts';
import type { Fault, Operation } from '../unit/storage/memory-files.ts';
import { random } from '../unit/ledger/samples.ts';
import { afterwards, hashesIn } from './services-afterwards.ts';
import type { ServiceAct, Where } from './service-act.ts';
import { LONG_ACTS } from './services-doing.ts';
import { LossyDisk } from './services-lossy.ts';
import { makeScene, openHere, prepared, removeTemporary, type Scene } from './services-scene.ts';
import { told } from './figures.ts';
import { THOROUGH } from './thorough.ts';

let scene: Scene;
beforeAll(async () => void (scene = await makeScene()));
afterAll(removeTemporary);

/** Does an act on a disk that fails as told. @returns what it threw, if it did */
async function disturbed(
  app: Application,
  act: ServiceAct,
  where: Where,
  disk: LossyDisk,
  fault: (operation: Operation) => Fault | undefined,
): Promise<unknown> {
  disk.fault = fault;
  const error = await act.run(app, where).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error !== undefined) expectExplained(error);
  return error;
}

/** Acts of many operations mostly copy: every `among`-th stands for those beside it; of other acts every second, but in a thorough run. */
const stepThrough = (count: number, among: number) => (THOROUGH > 1 ? 1 : count > 50 ? among : 2);

/** How many operations on the disk an act takes. */
async function operations(act: ServiceAct): Promise<number> {
  const where = prepared(scene, act);
  const app = await openHere(where.library);
  const disk = new LossyDisk(where.root);
  try {
    await act.run(app, where);
  } finally {
    disk.remove();
  }
  await app.close();
  expect(disk.operations).toBeGreaterThan(5);
  return disk.operations;
}

describe.each(LONG_ACTS)('the power fails at one operation of $name after the other', (act) => {
  it.each([
    ['and all that was not synced is lost', 0],
    ['and any part of what was not synced is there', 1],
  ])('%s', async (_, seed) => {
    const count = await operations(act);
    const step = stepThrough(count, 10);
    let faults = 0;
    for (let at = 1 + (seed % step); at <= count; at += step) {
      const where = prepared(scene, act);
      const before = hashesIn(where.library);
      const roll = random(seed * 100_003 + at);
      const app = await openHere(where.library);
      const disk = new LossyDisk(where.root);
      let error: unknown;
      try {
        error = await disturbed(app, act, where, disk, ({ number }) => (number >= at ? { code: 'EIO', part: roll() } : undefined));
        await app.close();
        disk.powerCut(seed === 0 ? undefined : roll);
      } finally {
        disk.remove();
      }
      restarted(where.root);
      await afterwards(act, where, before, error === undefined, `power failed at operation ${at} of ${act.name}`);
      faults++;
    }
    told(`${act.name}: power failed at ${faults} of ${count} operations`);
  });
});

describe.each(LONG_ACTS)('the disk is full during $name', (act) => {
  /** Operations that need space. */
  const needsSpace = new Set(['write', 'sync', 'create', 'makeFolder', 'rename', 'syncFolder']);

  it('at every operation in turn, once: it says so, nothing changed, and it can be done again', async () => {
    const count = await operations(act);
    const step = stepThrough(count, 8);
    let faults = 0;
    for (let at = step; at <= count; at += step) {
      const where = prepared(scene, act);
      const when = `full at operation ${at} of ${act.name}`;
      const before = hashesIn(where.library);
      const app = await openHere(where.library);
      const disk = new LossyDisk(where.root);
      try {
        const error = await disturbed(app, act, where, disk, ({ number, what }) =>
          number === at && needsSpace.has(what) ? { code: 'ENOSPC', part: 0.5 } : undefined,
        );
        disk.fault = () => undefined;
        if (error !== undefined) {
          expect(hashesIn(where.library), when).toEqual(before);
          expect(existsSync(where.target), when).toBe(false);
          expect(readdirSync(where.out), when).toEqual([]);
          await act.run(app, where);
        }
        expect(hashesIn(where.library), when).toHaveLength(before.length + 1);
        await app.close();
      } finally {
        disk.remove();
      }
      await afterwards(act, where, before, true, when);
      faults++;
    }
    told(`${act.name}: the disk was full at ${faults} of ${count} operations`);
  });
});

/** As after a restart: no process of before runs any more, whatever its number. */
function restarted(folder: string): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/LOCK$/.test(path)) continue;
    const file = join(folder, path);
    const text = readFileSync(file, 'utf8');
    if (text !== '') writeFileSync(file, text.replace(/"started": "[^"]*"/, '"started": "before the power failed"'));
  }
}

/** What reaches a person says what happened and what to do. */
function expectExplained(error: unknown): void {
  expect(error).toBeInstanceOf(EmendError);
  expect((error as EmendError).code).not.toBe('crashed');
  expect((error as EmendError).hint, (error as EmendError).message).not.toBe('');
}
