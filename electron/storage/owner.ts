import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { sha256 } from './hash.ts';

/** A running process, such that no other one can be taken for it: process ids are given out again, and by several at once. */
export interface ProcessId {
  readonly pid: number;
  readonly host: string;
  /** When it began, in whatever form the system tells it; empty where it does not. */
  readonly started: string;
  /** The computer, whatever it is called just now; empty where it does not tell. Locks of earlier releases have none of these three. */
  readonly machine?: string | undefined;
  /** The computer's present run; empty where it does not tell. */
  readonly boot?: string | undefined;
  /** Where process ids count: the system, and its PID namespace. Of another one nothing can be told from here. */
  readonly space?: string | undefined;
}

/** What the lock needs to know of processes; tests put their own in its place. */
export interface Processes {
  self(): Promise<ProcessId>;
  /** 'unknown' for a process of another computer, or one that cannot be seen from here, as from inside a container. */
  state(process: ProcessId): Promise<'running' | 'gone' | 'unknown'>;
}

/** The processes of this computer. */
export const processes: Processes = {
  async self() {
    return { pid: process.pid, host: hostname(), started: await startOf(process.pid), ...(await here()) };
  },
  async state(other) {
    const { machine, boot, space } = await here();
    const isTold = other.machine !== undefined && other.machine !== '' && machine !== '';
    if (isTold ? other.machine !== machine : other.host !== hostname()) return 'unknown';
    // The computer was started again.
    if (other.boot !== undefined && other.boot !== '' && boot !== '' && other.boot !== boot) return 'gone';
    if (other.space !== undefined && other.space !== space) return 'unknown';
    if (!exists(other.pid)) return 'gone';
    const started = await startOf(other.pid);
    return started !== '' && other.started !== '' && started !== other.started ? 'gone' : 'running';
  },
};

/** Whether two are one and the same process. */
export function isSameProcess(one: ProcessId, other: ProcessId): boolean {
  return (
    one.pid === other.pid &&
    one.host === other.host &&
    one.started === other.started &&
    one.boot === other.boot &&
    one.space === other.space
  );
}

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
    if (process.platform === 'darwin') return await said('ps', ['-o', 'lstart=', '-p', String(pid)]);
  } catch {
    // The process ended in between, or the system does not tell.
  }
  return '';
}

/** Boot id, and field 22 of /proc/<pid>/stat: clock ticks since that boot. The name in field 2 may hold spaces and brackets. */
async function startOnLinux(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return `${await bootOnLinux()}:${fields[19]}`;
}

interface Here {
  readonly machine: string;
  readonly boot: string;
  readonly space: string;
}

let found: Promise<Here> | undefined;

/** This computer, its run, and where its process ids count. None of it changes while we run. */
function here(): Promise<Here> {
  return (found ??= look());
}

async function look(): Promise<Here> {
  const { platform } = process;
  const asked = ASKED[platform] ?? { machine: nothing, boot: nothing, space: nothing };
  const [machine, boot, space] = await Promise.all([told(asked.machine), told(asked.boot), told(asked.space)]);
  // The system's own id is not for showing around.
  return { machine: machine === '' ? '' : sha256(`emend ${machine}`).slice(0, 16), boot, space: `${platform} ${space}`.trim() };
}

type Ask = () => Promise<string>;
const nothing: Ask = async () => '';

/** Where each system tells. */
const ASKED: Partial<Record<NodeJS.Platform, Record<keyof Here, Ask>>> = {
  linux: { machine: () => readFile('/etc/machine-id', 'utf8'), boot: bootOnLinux, space: () => readlink('/proc/self/ns/pid') },
  darwin: {
    machine: async () => /"IOPlatformUUID" = "([^"]+)"/.exec(await said('ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']))?.[1] ?? '',
    boot: () => said('sysctl', ['-n', 'kern.bootsessionuuid']),
    space: nothing,
  },
  win32: {
    machine: async () =>
      /MachineGuid\s+REG_SZ\s+(\S+)/.exec(
        await said('reg', ['query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid']),
      )?.[1] ?? '',
    boot: nothing,
    space: nothing,
  },
};

async function told(ask: Ask): Promise<string> {
  try {
    return (await ask()).trim();
  } catch {
    return ''; // the system does not tell
  }
}

async function bootOnLinux(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

async function said(program: string, args: string[]): Promise<string> {
  return (await promisify(execFile)(program, args, { env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } })).stdout.trim();
}
