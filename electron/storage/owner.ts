import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

/** A running process, such that no later one can be taken for it: process ids are given out again. */
export interface ProcessId {
  readonly pid: number;
  readonly host: string;
  /** When it began, in whatever form the system tells it; empty where it does not. */
  readonly started: string;
}

/** What the lock needs to know of processes; tests put their own in its place. */
export interface Processes {
  self(): Promise<ProcessId>;
  /** 'unknown' for a process of another computer. */
  state(process: ProcessId): Promise<'running' | 'gone' | 'unknown'>;
}

/** The processes of this computer. */
export const processes: Processes = {
  async self() {
    return { pid: process.pid, host: hostname(), started: await startOf(process.pid) };
  },
  async state(other) {
    if (other.host !== hostname()) return 'unknown';
    if (!exists(other.pid)) return 'gone';
    const started = await startOf(other.pid);
    return started !== '' && other.started !== '' && started !== other.started ? 'gone' : 'running';
  },
};

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, and it is someone else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function startOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return await startOnLinux(pid);
    if (process.platform === 'darwin')
      return (await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { env: { LC_ALL: 'C', TZ: 'UTC' } })).stdout.trim();
  } catch {
    // The process ended in between, or the system does not tell.
  }
  return '';
}

/** Boot id, and field 22 of /proc/<pid>/stat: clock ticks since that boot. The name in field 2 may hold spaces and brackets. */
async function startOnLinux(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return `${boot}:${fields[19]}`;
}
