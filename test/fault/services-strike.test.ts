import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { random } from '../unit/ledger/samples.ts';
import { buildPrograms, type Programs } from '../programs.ts';
import { afterwards, hashesIn } from './services-afterwards.ts';
import type { ServiceAct } from './service-act.ts';
import { ACTS } from './services-doing.ts';
import { makeScene, prepared, removeTemporary, type Scene } from './services-scene.ts';
import { callWords, type Call, type Strike } from './services-strike.ts';
import type { Told } from './services-struck.ts';
import { told } from './figures.ts';
import { THOROUGH } from './thorough.ts';

/** Rolls which call of each act is the last in the ordinary run; a thorough run takes every one. */
const SEED = Number(process.env['EMEND_SEED'] ?? 20261130);
/** So many acts, one kill each. */
const KILLS = 24;
/** About the longest act; a strike after the last call of an act comes once it is acknowledged. */
const LONGEST = 60;

let programs: Programs;
let scene: Scene;

beforeAll(async () => {
  programs = await buildPrograms({ struck: 'test/fault/services-struck.ts' });
  scene = await makeScene();
});
afterAll(() => {
  waiting?.child.kill('SIGKILL');
  removeTemporary();
  programs.remove();
});

/** A process that waits to be told. Made before it is needed, as starting takes long. */
class Struck {
  errors = '';
  readonly child: ChildProcess;

  constructor() {
    this.child = spawn(process.execPath, [programs.at('struck')], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr!.on('data', (data: Buffer) => (this.errors += data.toString()));
  }

  /** Has it act. @returns what it said until it was killed */
  async act(what: Told): Promise<string[]> {
    const said: string[] = [];
    const ended = once(this.child, 'exit');
    for await (const line of createInterface(this.child.stdout!)) {
      if (line === 'ready') this.child.stdin!.write(`${JSON.stringify(what)}\n`);
      else said.push(line);
    }
    const [, signal] = (await ended) as [number | null, string | null];
    expect([this.errors, signal], `${what.act}, struck at ${JSON.stringify(what.strike)}`).toEqual(['', 'SIGKILL']);
    return said;
  }
}

let waiting: Struck | undefined;

/** Has a process do an act and strikes it, and looks at what it left. @returns the act's calls, where it came to its end */
async function strike(act: ServiceAct, at: Strike | undefined, call: Call | undefined): Promise<Call[] | undefined> {
  const { root, ...where } = prepared(scene, act);
  const before = hashesIn(where.library);
  const struck = waiting ?? new Struck();
  waiting = new Struck();
  const said = await struck.act({ act: act.name, root, where, strike: at });
  const [opened, done] = said;
  expect(opened, act.name).toBe('opened');
  const kept = process.env['EMEND_CACHE'];
  process.env['EMEND_CACHE'] = where.cache;
  const place = at === undefined ? 'after' : `${at.half ? 'in the middle of' : 'before'} call ${at.at} of`;
  try {
    await afterwards(act, where, before, done !== undefined, `killed ${place} ${act.name}${call ? `: ${callWords(call)}` : ''}`);
  } finally {
    process.env['EMEND_CACHE'] = kept;
  }
  rmSync(root, { recursive: true });
  return done === undefined ? undefined : (JSON.parse(done.slice('done '.length)) as Call[]);
}

if (THOROUGH > 1)
  it.each(ACTS)('killed before and in the middle of every call of $name, it leaves the old state or the new', async (act) => {
    const calls = (await strike(act, undefined, undefined))!;
    const figures = { before: 0, middle: 0, acknowledged: 1 };
    const wrong: string[] = [];
    for (const [index, call] of calls.entries())
      for (const half of call.hasHalf ? [false, true] : [false]) {
        figures[half ? 'middle' : 'before']++;
        try {
          if (await strike(act, { at: index + 1, half }, call)) figures.acknowledged++;
        } catch (error) {
          wrong.push(error instanceof Error ? error.message : String(error));
        }
      }
    const { before, middle, acknowledged } = figures;
    const kills = `${before} before a call, ${middle} in the middle of one, 1 after the act`;
    told(
      `${act.name}: ${calls.length} calls, ${before + middle + 1} kills (${kills}), ${acknowledged} acknowledged, ` +
        `${wrong.length} left something wrong`,
    );
    expect(wrong).toEqual([]);
  });
else
  it('killed at a call of many an act, it leaves the old state or the new', async () => {
    const roll = random(SEED);
    const shuffled = ACTS.map((act) => ({ act, at: roll() })).sort((one, other) => one.at - other.at);
    for (const { act } of shuffled.slice(0, KILLS))
      await strike(act, { at: 1 + Math.floor(roll() ** 2 * LONGEST), half: roll() < 0.3 }, undefined);
  });
