import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { examine } from '../../electron/ledger/examine.ts';
import { loadOrCreateKey } from '../../electron/ledger/keys.ts';
import { explained } from '../../electron/storage/file-errors.ts';
import { disk } from '../../electron/storage/files.ts';
import { anchorIn, open, random } from '../unit/ledger/samples.ts';
import { buildPrograms, type Programs } from '../programs.ts';
import { told } from './figures.ts';
import { THOROUGH } from './thorough.ts';

let programs: Programs;
let scratch: string;
let running: Writer[] = [];

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'emend-writers-'));
  programs = await buildPrograms({ writer: 'test/fault/writer.ts' });
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.kill()));
  running = [];
});
afterAll(() => {
  programs.remove();
  rmSync(scratch, { recursive: true, force: true });
});

/** A process that writes again and again. */
class Writer {
  readonly acknowledged: string[] = [];
  held = '';
  errors = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #heard: Promise<void>;

  /** @param within a program that starts it elsewhere, such as in a PID namespace of its own */
  constructor(folder: string, within: readonly string[] = []) {
    const [program, ...given] = [...within, process.execPath, programs.at('writer'), folder];
    this.#child = spawn(program!, given, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr!.on('data', (data: Buffer) => (this.errors += data.toString()));
    this.#ended = once(this.#child, 'exit');
    this.#heard = this.#hear();
    running.push(this);
  }

  async #hear(): Promise<void> {
    for await (const line of createInterface(this.#child.stdout!)) {
      if (line.startsWith('held ')) this.held = line;
      else this.acknowledged.push(line);
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    await this.#heard;
  }

  /** Lets it finish what it is at. */
  async stop(): Promise<void> {
    this.#child.stdin!.end();
    await this.#ended;
    await this.#heard;
  }
}

/** Every acknowledged entry stands, once; the record is one chain, whole and proven to its end. */
async function mustBeWhole(folder: string, acknowledged: readonly string[]): Promise<number> {
  const { entries, damage } = examine(readFileSync(join(folder, 'journal.jsonl')));
  expect(damage).toEqual([]);
  const hashes = entries.map(({ hash }) => hash);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(acknowledged.filter((hash) => !hashes.includes(hash))).toEqual([]);
  const key = await loadOrCreateKey(explained(disk), `${folder}-keys`);
  const ledger = await open(folder, { create: true, key, anchor: anchorIn(`${folder}-keys`) });
  expect(await ledger.verify()).toMatchObject({ ok: true, proof: { upTo: hashes.length, end: true } });
  await ledger.close();
  return hashes.length;
}

const count = (writers: readonly Writer[]) => writers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);

it('three that write by turns, killed again and again, lose nothing and fork nothing', async () => {
  const folder = join(scratch, 'three');
  mkdirSync(folder);
  const roll = random(20261129);
  const all = [1, 2, 3].map(() => new Writer(folder));
  let living = [...all];
  let kills = 0;
  while (kills < 12 * THOROUGH) {
    const wanted = count(all) + 10 + Math.floor(roll() * 20);
    await expect.poll(() => count(all) >= wanted || living.some(({ errors }) => errors !== '')).toBe(true);
    const victim = living[Math.floor(roll() * living.length)]!;
    await victim.kill();
    expect(victim.errors).toBe('');
    kills++;
    const next = new Writer(folder);
    all.push(next);
    living = [...living.filter((one) => one !== victim), next];
  }
  await Promise.all(living.map((one) => one.stop()));
  expect(all.map(({ errors }) => errors).join('')).toBe('');
  const acknowledged = all.flatMap((one) => one.acknowledged);
  const entries = await mustBeWhole(folder, acknowledged);
  told(`three writers: ${kills} kills, ${acknowledged.length} entries acknowledged, ${entries} in the record, none lost, no fork`);
});

/** What starts a program in a PID namespace of its own, where that is permitted. */
const NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const isPermitted = (() => {
  try {
    execFileSync(NAMESPACE[0]!, [...NAMESPACE.slice(1), 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.runIf(isPermitted)('two in PID namespaces of their own', () => {
  it('write by turns, and nothing is forked', async () => {
    const folder = join(scratch, 'apart');
    mkdirSync(folder);
    const writers = [new Writer(folder), new Writer(folder, NAMESPACE)];
    const wanted = 40 * THOROUGH;
    await expect
      .poll(() => writers.every(({ acknowledged }) => acknowledged.length >= wanted) || writers.some(({ errors }) => errors !== ''), {
        timeout: 120_000,
      })
      .toBe(true);
    await Promise.all(writers.map((one) => one.stop()));
    expect(writers.map(({ errors }) => errors).join('')).toBe('');
    const entries = await mustBeWhole(
      folder,
      writers.flatMap((one) => one.acknowledged),
    );
    told(
      `two PID namespaces: ${writers.map(({ acknowledged }) => acknowledged.length).join(' + ')} acknowledged, ${entries} in the record`,
    );
  });

  it('where one was killed, the other cannot tell, takes nothing over, and names the file', async () => {
    const folder = join(scratch, 'killed');
    mkdirSync(folder);
    const one = new Writer(folder, NAMESPACE);
    await expect.poll(() => one.acknowledged.length).toBeGreaterThan(0);
    // Struck between two acts of one opening, so that the lock stays.
    await one.kill();
    const before = readFileSync(join(folder, 'journal.jsonl'));
    let owner = true;
    try {
      readFileSync(join(folder, 'LOCK'));
    } catch {
      owner = false; // it was just between two openings
    }
    const other = new Writer(folder);
    if (owner) {
      await expect.poll(() => other.held).toMatch(/cannot be told from here.*remove the file .*LOCK/);
      expect(readFileSync(join(folder, 'journal.jsonl')).equals(before)).toBe(true);
      rmSync(join(folder, 'LOCK'));
    }
    await expect.poll(() => other.acknowledged.length).toBeGreaterThan(0);
    await other.stop();
    await mustBeWhole(folder, [...one.acknowledged, ...other.acknowledged]);
  });
});
