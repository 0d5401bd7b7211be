import { describe, expect, it } from 'vitest';
import { generateKey } from '../../electron/ledger/keys.ts';
import type { Ledger } from '../../electron/ledger/ledger.ts';
import { EmendError } from '../../shared/errors.ts';
import { MemoryFiles, type Fault } from '../unit/storage/memory-files.ts';
import { anchorIn, open, random, TestProcesses } from '../unit/ledger/samples.ts';
import { every, note, type Act } from './acts.ts';

const key = generateKey();
const FOLDER = '/library/atlas';

/** A disk with a ledger's life on it. */
class Scene {
  readonly files = new MemoryFiles();
  readonly processes = new TestProcesses();
  /** Hashes of the entries that were acknowledged. */
  acknowledged: string[] = [];

  open(): Promise<Ledger> {
    return open(FOLDER, { files: this.files, processes: this.processes, key, anchor: anchorIn('/keys'), create: true });
  }

  /** Acts, and remembers what was acknowledged. An act adds one entry at most. */
  async act(ledger: Ledger, act: Act): Promise<void> {
    await act(ledger);
    const last = ledger.entries.at(-1);
    if (last && last.seq > this.acknowledged.length) this.acknowledged.push(last.hash);
  }

  async live(): Promise<void> {
    const ledger = await this.open();
    for (const act of every) await this.act(ledger, act);
    await ledger.close();
  }

  /** What must hold after any failure: it opens, all that was acknowledged is there, at most one act more, all is whole, and it goes on. */
  async afterwards(when: string): Promise<void> {
    this.processes.next();
    this.files.fault = () => undefined;
    const ledger = await this.open();
    expect(ledger.damage, when).toEqual([]);
    expect(ledger.unsigned, when).toBeUndefined();
    const hashes = ledger.entries.map((entry) => entry.hash);
    expect(hashes.slice(0, this.acknowledged.length), when).toEqual(this.acknowledged);
    expect(hashes.length, when).toBeLessThanOrEqual(this.acknowledged.length + 1);
    expect(ledger.list().total, when).toBe(hashes.length);
    const result = await ledger.verify();
    // Without an entry there is no record yet.
    if (hashes.length > 0) expect(result.first, when).toBeUndefined();
    if (hashes.length > 0) expect(result.proof, when).toMatchObject({ upTo: hashes.length, end: true, since: 1 });
    expect(result.blobs.strays, when).toEqual([]);
    await every[0]!(ledger);
    await note(ledger);
    await ledger.close();
    expect((await (await this.open()).verify()).ok, when).toBe(true);
  }
}

/** How many operations on the disk the whole life takes. */
async function operations(): Promise<number> {
  const scene = new Scene();
  await scene.live();
  const count = scene.files.operations;
  expect(count).toBeGreaterThan(100);
  await scene.afterwards('without any failure');
  return count;
}

/** From operation `at` on everything fails, as for a process whose machine stopped; a write then ends anywhere. */
function stopsAt(at: number, roll: () => number): (operation: { number: number }) => Fault | undefined {
  return ({ number }) => (number >= at ? { code: 'EIO', part: roll() } : undefined);
}

describe('the power fails at every operation in turn', () => {
  it.each([
    ['and all that was not synced is lost', 0],
    ['and any part of what was not synced is there', 1],
    ['and any other part of it is there', 2],
  ])('%s', async (_, seed) => {
    const count = await operations();
    for (let at = 1; at <= count; at++) {
      const scene = new Scene();
      const roll = random(seed * 100_003 + at);
      scene.files.fault = stopsAt(at, roll);
      await scene.live().catch(expectExplained);
      scene.files.powerCut(seed === 0 ? undefined : roll);
      await scene.afterwards(`power failed at operation ${at}`);
    }
  });
});

describe('the disk is full', () => {
  /** Operations that need space. */
  const needsSpace = new Set(['write', 'sync', 'create', 'makeFolder', 'rename', 'syncFolder']);

  it('at every operation in turn, once: the act fails, is done again, and nothing is lost', async () => {
    const count = await operations();
    for (let at = 1; at <= count; at++) {
      const scene = new Scene();
      const when = `full at operation ${at}`;
      scene.files.fault = ({ number, what }) => (number === at && needsSpace.has(what) ? { code: 'ENOSPC', part: 0.5 } : undefined);
      let ledger = await again(() => scene.open());
      for (const act of every) {
        try {
          await scene.act(ledger, act);
        } catch (error) {
          expectExplained(error);
          try {
            await scene.act(ledger, act);
          } catch (second) {
            // Only after a failed sync of the journal, which only a fresh look at the file can clear up.
            expect(second, when).toMatchObject({ hint: expect.stringContaining('open it again') as string });
            await ledger.close();
            ledger = await scene.open();
            if (ledger.entries.length === scene.acknowledged.length) await scene.act(ledger, act);
          }
        }
      }
      await ledger.close();
      expect(scene.acknowledged, when).toHaveLength(every.length - 2);
      await scene.afterwards(when);
    }
  });

  it('from any operation on: it says so, can be read, and goes on when there is space', async () => {
    const count = await operations();
    for (let at = 1; at <= count; at++) {
      const scene = new Scene();
      const when = `full from operation ${at} on`;
      scene.files.fault = ({ number, what }) => (number >= at && needsSpace.has(what) ? { code: 'ENOSPC', part: 0.5 } : undefined);
      await scene.live().catch(expectExplained);
      if (scene.acknowledged.length > 0) {
        const reader = await open(FOLDER, { files: scene.files, key, readOnly: true });
        expect(reader.entries.length, when).toBeGreaterThanOrEqual(scene.acknowledged.length);
      }
      await scene.afterwards(when);
    }
  });
});

/** A second try for what a single failure stopped. */
async function again<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    expectExplained(error);
    return act();
  }
}

/** What reaches a person says what happened and what to do. */
function expectExplained(error: unknown): void {
  expect(error).toBeInstanceOf(EmendError);
  expect((error as EmendError).hint).not.toBe('');
}
