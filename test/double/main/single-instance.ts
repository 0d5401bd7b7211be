import { randomUUID } from 'node:crypto';
import { type FSWatcher, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a second instance tells the first. */
export interface Greeting {
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  readonly additionalData: unknown;
}

/** The lock of the first instance for a user data folder. All of it is synchronous: a second instance quits right after it asked. */
export class InstanceLock {
  private readonly lockFile: string;
  private readonly letterBox: string;
  private watcher: FSWatcher | undefined;

  constructor(userData: string) {
    this.lockFile = join(userData, 'double-lock');
    this.letterBox = join(userData, 'double-letters');
    mkdirSync(this.letterBox, { recursive: true });
  }

  get held(): boolean {
    return this.watcher !== undefined;
  }

  /** Takes the lock; when another living process has it, leaves it the greeting. @returns whether this is the first instance */
  request(greeting: Greeting, onGreeting: (greeting: Greeting) => void): boolean {
    if (this.held) return true;
    if (!this.take()) {
      this.leave(greeting);
      return false;
    }
    this.watcher = watch(this.letterBox, () => this.collect(onGreeting));
    this.watcher.unref();
    return true;
  }

  release(): void {
    if (!this.held) return;
    this.watcher?.close();
    this.watcher = undefined;
    rmSync(this.lockFile, { force: true });
  }

  private take(): boolean {
    try {
      writeFileSync(this.lockFile, String(process.pid), { flag: 'wx' });
      return true;
    } catch {
      if (isAlive(Number(readFileSync(this.lockFile, 'utf8')))) return false;
      rmSync(this.lockFile, { force: true });
      return this.take();
    }
  }

  private leave(greeting: Greeting): void {
    const letter = join(this.letterBox, randomUUID());
    writeFileSync(`${letter}.part`, JSON.stringify(greeting));
    renameSync(`${letter}.part`, `${letter}.json`);
  }

  private collect(onGreeting: (greeting: Greeting) => void): void {
    for (const name of readdirSync(this.letterBox).filter((file) => file.endsWith('.json'))) {
      const letter = join(this.letterBox, name);
      const greeting = JSON.parse(readFileSync(letter, 'utf8')) as Greeting;
      rmSync(letter);
      onGreeting(greeting);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
