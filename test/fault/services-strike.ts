import sync, { existsSync } from 'node:fs';
import disk from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';

/** A call that changes what is on the disk, or makes a change last. */
export interface Call {
  readonly what: string;
  /** Below the folder that is watched. */
  readonly path: string;
  /** Whether it can be done by half: a write of some bytes, the removal of a folder with something in it. */
  readonly hasHalf: boolean;
}

/** Which call of this process is its last. */
export interface Strike {
  /** Counted from 1. */
  readonly at: number;
  /** Half of the call is done first; otherwise nothing of it. */
  readonly half: boolean;
}

type Method = (...given: never[]) => unknown;
type Half = () => Promise<unknown>;
type Handle = Awaited<ReturnType<typeof disk.open>>;

/** Whether an open makes the file, by its flags. */
const makes = (flags: string | number = 'r') =>
  typeof flags === 'number' ? (flags & sync.constants.O_CREAT) !== 0 : !flags.startsWith('r');

/** Calls that come one by one through a file that is open. */
const OF_HANDLES = ['write', 'writev', 'writeFile', 'appendFile', 'truncate', 'sync', 'datasync', 'chmod', 'utimes'] as const;
/** Calls that name a path first, or as the second where they bring something there. */
const OF_PATHS = ['mkdir', 'rmdir', 'unlink', 'rm', 'chmod', 'utimes', 'truncate', 'mkdtemp', 'writeFile', 'appendFile'] as const;
const TO_PATHS = ['rename', 'copyFile', 'link', 'symlink', 'cp'] as const;

/**
 * Watches every call of this process that changes something below a folder, in whichever way of node:fs it comes, and ends the process at
 * one of them as the system ends it: nothing after it is done, nobody hears of it.
 */
export class Striking {
  readonly calls: Call[] = [];
  #strike: Strike | undefined;
  #isArmed = false;
  readonly #root: string;
  readonly #paths = new WeakMap<object, string>();

  private constructor(root: string) {
    this.#root = resolve(root);
  }

  /** Lays itself under node:fs, for as long as the process lives. */
  static async below(root: string): Promise<Striking> {
    const made = new Striking(root);
    await made.#lay();
    return made;
  }

  /** Counts from now on, and strikes where told. */
  arm(strike: Strike | undefined): void {
    this.#strike = strike;
    this.#isArmed = true;
  }

  async #lay(): Promise<void> {
    const real = { ...disk };
    const opened = await real.open(process.execPath, 'r');
    const handles = Object.getPrototypeOf(opened) as Record<string, Method>;
    await opened.close();
    for (const name of OF_HANDLES) {
      const method = handles[name]!;
      const told = (handle: Handle, given: unknown[]) =>
        this.#called(`handle.${name}`, this.#paths.get(handle), halfOf(handle, name, given));
      handles[name] = function (this: Handle, ...given: unknown[]) {
        return told(this, given).then(() => method.apply(this, given as never[]));
      } as Method;
    }
    const all = disk as unknown as Record<string, Method>;
    for (const name of OF_PATHS) {
      const method = all[name]!;
      all[name] = (async (...given: never[]) => {
        const path = String(given[0]);
        if (name !== 'mkdir' || !existsSync(path)) await this.#called(name, path, name === 'rm' ? halfOfTree(path, real) : undefined);
        return method(...given);
      }) as Method;
    }
    for (const name of TO_PATHS) {
      const method = all[name]!;
      all[name] = (async (...given: never[]) => {
        await this.#called(name, String(given[1]), undefined);
        return method(...given);
      }) as Method;
    }
    all['open'] = (async (path: string, flags?: string | number, mode?: number) => {
      if (makes(flags) && !existsSync(path)) await this.#called('create', path, undefined);
      const handle = await real.open(path, flags, mode);
      this.#paths.set(handle, path);
      return handle;
    }) as Method;
    const old = sync as unknown as Record<string, Method>;
    for (const name of [...OF_PATHS.map((one) => `${one}Sync`), ...TO_PATHS.map((one) => `${one}Sync`), 'createWriteStream']) {
      const method = old[name]!;
      const at = TO_PATHS.some((one) => name === `${one}Sync`) ? 1 : 0;
      old[name] = ((...given: never[]) => {
        this.#count(name, String(given[at]), false);
        return method(...given);
      }) as Method;
    }
    syncBuiltinESMExports();
  }

  async #called(what: string, path: string | undefined, half: Half | undefined): Promise<void> {
    if (path === undefined || !this.#isMine(path)) return;
    if (this.#count(what, path, half !== undefined) && half) {
      await half();
      this.#end();
    }
  }

  /** @returns whether it is to be struck in its middle */
  #count(what: string, path: string, hasHalf: boolean): boolean {
    if (!this.#isArmed || !this.#isMine(path)) return false;
    this.calls.push({ what, path: relative(this.#root, resolve(path)), hasHalf });
    if (this.calls.length !== this.#strike?.at) return false;
    if (this.#strike.half) return true;
    return this.#end();
  }

  #end(): never {
    process.kill(process.pid, 'SIGKILL');
    for (;;); // not one more step is done
  }

  #isMine(path: string): boolean {
    return `${resolve(path)}${sep}`.startsWith(`${this.#root}${sep}`);
  }
}

/** Half of a write through an open file. */
function halfOf(handle: Handle, name: (typeof OF_HANDLES)[number], given: readonly unknown[]): Half | undefined {
  const [bytes, offset = 0, length, position = null] = given as [Uint8Array, number?, number?, (number | null)?];
  if ((name !== 'write' && name !== 'writeFile') || !(bytes instanceof Uint8Array)) return undefined;
  const whole = name === 'write' ? (length ?? bytes.length - offset) : bytes.length;
  const half = Math.floor(whole / 2);
  if (half === 0) return undefined;
  return () =>
    new Promise((done) => sync.write(handle.fd, bytes, name === 'write' ? offset : 0, half, name === 'write' ? position : null, done));
}

/** Half of what lies in a folder is removed. */
function halfOfTree(path: string, real: typeof disk): Half | undefined {
  if (!existsSync(path) || !sync.statSync(path).isDirectory()) return undefined;
  const inside = sync.readdirSync(path).sort();
  if (inside.length === 0) return undefined;
  return async () => {
    for (const name of inside.slice(0, Math.ceil(inside.length / 2))) await real.rm(join(path, name), { recursive: true, force: true });
  };
}

/** A call in words, without what differs from run to run. */
export function callWords({ what, path }: Call): string {
  return `${what} ${join(basename(dirname(path)), basename(path)).replace(/[0-9a-f]{6,}(-[0-9a-f]+)*/g, '…')}`;
}
