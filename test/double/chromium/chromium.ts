import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { DevTools, type Session } from './devtools.ts';
import { endWithUs, temporaryFolder } from './temporary.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Time that Chromium has to close by itself (ms). */
const GRACE = 3000;

const FLAGS = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--remote-debugging-port=0',
  '--no-startup-window',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-extensions',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--password-store=basic',
];

/** The Chromium that draws the windows. One connection is the double's own, by pipe; Playwright has another, by port. */
export class Chromium {
  readonly devTools: DevTools;
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;

  /** @param switches further switches for Chromium; those that the double sets itself are left out */
  constructor(switches: readonly string[]) {
    const own = /^--(remote-debugging|user-data-dir|headless)/;
    // Chromium refuses to run as root inside its sandbox.
    const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const args = [...FLAGS, `--user-data-dir=${join(temporaryFolder, 'profile')}`, ...root, ...switches.filter((item) => !own.test(item))];
    // A process group of its own, so that all of it can be ended at once.
    this.child = spawn(executable(), args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'], detached: true });
    if (this.child.pid === undefined) throw new Error('Chromium did not start.');
    endWithUs(this.child.pid);
    this.ended = new Promise((resolve) => this.child.once('exit', () => resolve()));
    this.devTools = new DevTools(this.child.stdio[3] as Writable, this.child.stdio[4] as Readable);
    this.announcePort();
  }

  get session(): Session {
    return this.devTools.browser;
  }

  /** Ends Chromium, by force when it does not end by itself. */
  async close(): Promise<void> {
    void this.session.send('Browser.close').catch(() => undefined);
    await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, GRACE).unref())]);
    if (this.child.exitCode === null && this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGKILL');
  }

  /** Says where to connect, as Electron does; Playwright waits for this line. */
  private announcePort(): void {
    let told = '';
    const listen = (piece: string): void => {
      told += piece;
      const line = /DevTools listening on ws:\S+(?=\s)/.exec(told);
      if (line === null) return;
      process.stderr.write(`\n${line[0]}\n`);
      this.child.stderr?.off('data', listen).resume();
    };
    this.child.stderr?.setEncoding('utf8').on('data', listen);
  }
}

function executable(): string {
  const named = process.env['CHROMIUM'];
  if (named !== undefined) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
  if (found === undefined)
    throw new Error(`The Electron double needs Chromium: none of ${NAMES.join(', ')} is on the PATH. Install it, or name it in CHROMIUM.`);
  return found;
}
