import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Envelope } from '../../shared/contract.ts';
import { buildPrograms } from '../programs.ts';

/** Builds the program that {@link OtherProcess} runs. @returns its file */
export async function buildHolder(): Promise<{ program: string; remove: () => void }> {
  const { at, remove } = await buildPrograms({ holder: 'test/integration/holder.ts' });
  return { program: at('holder'), remove };
}

/** An application in a process of its own. */
export class OtherProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** What opening gave. */
  readonly opened: Promise<Envelope>;
  errors = '';

  constructor(program: string, dataFolder: string, options: SpawnOptions = {}) {
    this.#child = spawn(process.execPath, [program, dataFolder], { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr!.on('data', (data: Buffer) => (this.errors += data.toString()));
    this.#lines = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
    this.opened = this.#hear();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** @param params one that begins with "path:" stands for the handle of that path */
  call(method: string, params: object = {}): Promise<Envelope> {
    return this.#say({ method, params, isJob: false });
  }

  /** A job, to its end. */
  run(method: string, params: object = {}): Promise<Envelope> {
    return this.#say({ method, params, isJob: true });
  }

  /** Lets it close what it opened. */
  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin!.end();
    await ended;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  #say(call: object): Promise<Envelope> {
    this.#child.stdin!.write(`${JSON.stringify(call)}\n`);
    return this.#hear();
  }

  async #hear(): Promise<Envelope> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`The other process ended: ${this.errors}`);
    return JSON.parse(line.value) as Envelope;
  }
}
