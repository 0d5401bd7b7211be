import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { random } from '../unit/ledger/samples.ts';
import { buildPrograms, type Programs } from '../programs.ts';
import { afterwards, hashesIn } from './services-afterwards.ts';
import type { ServiceAct, Where } from './service-act.ts';
import { LONG_ACTS } from './services-doing.ts';
import { makeScene, prepared, removeTemporary, type Scene } from './services-scene.ts';
import { told } from './figures.ts';
import { THOROUGH } from './thorough.ts';

/** Of each act, `EMEND_THOROUGH` times as many; services-strike.test.ts strikes at every call. */
const KILLS = 5;
/**
 * How the time in which a kill falls follows what the act was seen to take: shorter after one that came too late, longer after one that did
 * not.
 */
const FOLLOW = { late: 0.8, inTime: 1.1 };
/** An orphaned engine ends when its job does (ms). */
const ORPHAN = 15_000;

let programs: Programs;
let scene: Scene;

beforeAll(async () => {
  programs = await buildPrograms({
    actor: 'test/fault/services-actor.ts',
    process: 'electron/engine/process.ts',
    worker: 'electron/engine/worker.ts',
  });
  scene = await makeScene();
});
afterAll(() => {
  removeTemporary();
  programs.remove();
});

/** A process with its engine, that waits to be told what to do. */
class Actor {
  errors = '';
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ready: Promise<unknown>;

  constructor() {
    this.#child = spawn(process.execPath, [programs.at('actor')], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr!.on('data', (data: Buffer) => (this.errors += data.toString()));
    this.#lines = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
    this.#ready = this.#lines.next();
  }

  /** Lets it act. @returns when it had opened the library (ms from being told), and when it was done */
  async whole(act: ServiceAct, where: Where): Promise<{ opened: number; done: number }> {
    await this.#tell(act, where);
    const start = performance.now();
    await this.#lines.next();
    const opened = performance.now() - start;
    await this.#lines.next();
    const done = performance.now() - start;
    await this.kill();
    return { opened, done };
  }

  /** Lets it act, and kills it after so many lines and ms. @returns what it said */
  async killed(act: ServiceAct, where: Where, afterLines: number, milliseconds: number): Promise<string[]> {
    await this.#tell(act, where);
    const said: string[] = [];
    const hear = async (): Promise<boolean> => {
      const line = await this.#lines.next();
      if (line.done !== true) said.push(line.value);
      return line.done !== true;
    };
    while (said.length < afterLines && (await hear()));
    await sleep(milliseconds);
    await this.kill();
    while (await hear());
    return said;
  }

  /** The process, and with it its engine. @throws when the engine lives on */
  async kill(): Promise<void> {
    const engine = childOf(this.#child.pid!);
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    if (engine === undefined) return;
    for (let waited = 0; (statOf(engine)?.state ?? 'Z') !== 'Z'; waited += 20) {
      if (waited > ORPHAN) throw new Error(`The engine, process ${engine}, outlives its application.`);
      await sleep(20);
    }
  }

  async #tell(act: ServiceAct, where: Where): Promise<void> {
    await this.#ready;
    this.#child.stdin!.write(`${JSON.stringify({ act: act.name, where })}\n`);
  }
}

/** The process that another one started, where the system tells it as files (Linux). */
function childOf(parent: number): number | undefined {
  if (!existsSync('/proc/self/stat')) return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => statOf(pid)?.parent === parent);
}

/** State (Z: it ended, and nobody asked how yet) and parent of a process; undefined when there is none. */
function statOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: state!, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

it.each(LONG_ACTS)('after each of many kills at random moments of $name everything acknowledged is there and all is whole', async (act) => {
  const roll = random(20261124 + act.name.length);
  const { opened, done } = await new Actor().whole(act, prepared(scene, act));
  let span = done - opened;
  let acknowledged = 0;
  let between = 0;
  let next = new Actor();
  const kills = KILLS * THOROUGH;
  for (let kill = 0; kill < kills; kill++) {
    const where = prepared(scene, act);
    const before = hashesIn(where.library);
    const actor = next;
    next = new Actor();
    // A fifth during the opening, a fifth once it is done, the rest during the act.
    const [afterLines, within] = kill % 5 === 3 ? [0, opened] : kill % 5 === 4 ? [2, 0] : [1, span];
    const said = await actor.killed(act, where, afterLines, roll() * within);
    if (afterLines === 1) span *= said.at(-1) === 'done' ? FOLLOW.late : FOLLOW.inTime;
    const when = `kill ${kill} of ${act.name}, which had said ${said.join(', ') || 'nothing'}`;
    expect(actor.errors, when).toBe('');
    if (said.at(-1) === 'done') acknowledged++;
    else if (said.at(-1) === 'opened') between++;
    await afterwards(act, where, before, said.at(-1) === 'done', when);
    rmSync(where.root, { recursive: true });
  }
  await next.kill();
  // The kills must have hit the act, not only what comes before and after it.
  expect(between).toBeGreaterThan(kills / 5);
  expect(acknowledged).toBeGreaterThan(0);
  told(`${act.name}: ${kills} kills, ${between} during the act, ${acknowledged} acknowledged, none lost, none half`);
});
