import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { examine } from '../../electron/ledger/examine.ts';
import { loadOrCreateKey } from '../../electron/ledger/keys.ts';
import { explained } from '../../electron/storage/file-errors.ts';
import { disk } from '../../electron/storage/files.ts';
import { anchorIn, open, random } from '../unit/ledger/samples.ts';
import { buildPrograms, type Programs } from '../programs.ts';

const KILLS = Number(process.env['EMEND_KILLS'] ?? 200);
let programs: Programs;
let library: string;

beforeAll(async () => {
  library = mkdtempSync(join(tmpdir(), 'emend-kill-'));
  programs = await buildPrograms({ appender: 'test/fault/appender.ts' });
});
afterAll(() => {
  programs.remove();
  rmSync(library, { recursive: true, force: true });
});

/** A process that waits to be told where to append. Made before it is needed, as starting takes longer than all the rest. */
class Appender {
  readonly hashes: string[] = [];
  errors = '';
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly ready: Promise<unknown>;

  constructor() {
    this.#child = spawn(process.execPath, [programs.at('appender')], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr!.on('data', (data: Buffer) => (this.errors += data.toString()));
    this.#lines = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
    this.ready = this.#lines.next();
  }

  /**
   * Lets it append in a folder, and kills it some time after it said so many lines: 0 hits the opening, 1 the first act.
   * Returns how many entries it found, if it came so far, and the hashes that it acknowledged.
   */
  async killed(folder: string, afterLines: number, milliseconds: number): Promise<{ found: number | undefined; hashes: string[] }> {
    await this.ready;
    this.#child.stdin!.write(`${folder}\n`);
    const said: string[] = [];
    const hear = async (): Promise<boolean> => {
      const line = await this.#lines.next();
      if (line.done !== true) said.push(line.value);
      return line.done !== true;
    };
    while (said.length < afterLines && (await hear()));
    await sleep(milliseconds);
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    while (await hear());
    const opened = said.shift();
    return { found: opened === undefined ? undefined : Number(opened.split(' ')[1]), hashes: said };
  }

  discard(): void {
    this.#child.kill('SIGKILL');
  }
}

it(`after each of ${KILLS} kills at random moments every acknowledged entry is there and all is whole`, async () => {
  const roll = random(20261122);
  const waiting = [new Appender(), new Appender()];
  let total = 0;
  let between = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    // A new ledger now and then, so that killing at its making is tried too and none grows long.
    const folder = join(library, `ledger-${Math.floor(kill / 10)}`);
    const before = kill % 10 === 0 ? [] : hashesIn(folder);
    const appender = waiting.shift()!;
    waiting.push(new Appender());
    const { found, hashes } = await appender.killed(folder, Math.floor(roll() * 6), roll() * 20);
    const when = `kill ${kill}, after ${hashes.length} entries`;
    expect(appender.errors, when).toBe('');
    if (found !== undefined) expect(found, when).toBe(before.length);
    const after = hashesIn(folder);
    expect(after.slice(0, before.length + hashes.length), when).toEqual([...before, ...hashes]);
    expect(after.length, when).toBeLessThanOrEqual(before.length + hashes.length + 1);
    total += hashes.length;
    if (found !== undefined) between++;

    if (kill % 10 === 9) {
      const key = await loadOrCreateKey(explained(disk), `${folder}-keys`);
      const ledger = await open(folder, { create: true, key, anchor: anchorIn(`${folder}-keys`) });
      expect(
        ledger.entries.map((entry) => entry.hash),
        when,
      ).toEqual(after);
      expect(await ledger.verify(), when).toMatchObject({ ok: true, proof: { upTo: after.length, end: true }, blobs: { strays: [] } });
      await ledger.close();
    }
  }
  for (const appender of waiting) appender.discard();
  // The kills must have hit the work, not only the start.
  expect(between).toBeGreaterThan(KILLS / 2);
  expect(total).toBeGreaterThan(KILLS);
});

/** Hashes of the whole entries in a folder's journal, which a kill may leave unfinished but never damaged. */
function hashesIn(folder: string): string[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(join(folder, 'journal.jsonl'));
  } catch {
    return [];
  }
  const { entries, damage } = examine(bytes);
  expect(damage).toEqual([]);
  return entries.map((entry) => entry.hash);
}
