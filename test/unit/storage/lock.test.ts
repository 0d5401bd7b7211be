import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explained } from '../../../electron/storage/file-errors.ts';
import { disk } from '../../../electron/storage/files.ts';
import { LOCK, lockOwner, takeLock } from '../../../electron/storage/lock.ts';
import { processes } from '../../../electron/storage/owner.ts';
import { TestProcesses } from '../ledger/samples.ts';

const files = explained(disk);
const now = new Date(Date.UTC(2026, 10, 22));
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'emend-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the lock', () => {
  it('is held by one, tells who, and is free when given back', async () => {
    const lock = await takeLock(files, folder, 'emend', now);
    expect(lock.owner.pid).toBe(process.pid);
    await expect(takeLock(files, folder, 'emend', now)).rejects.toMatchObject({ code: 'failed', details: { owner: { pid: process.pid } } });
    expect(await lockOwner(files, folder)).toEqual(lock.owner);
    await lock.release();
    expect(await lockOwner(files, folder)).toBeUndefined();
    expect((await takeLock(files, folder, 'emend', now)).tookOver).toBeUndefined();
  });

  it('is taken over from a process that ended', async () => {
    const mine = new TestProcesses();
    const first = await takeLock(files, folder, 'emend', now, mine);
    mine.next();
    const second = await takeLock(files, folder, 'emend', now, mine);
    expect(second.tookOver).toEqual(first.owner);
    await first.release(); // no longer its own to give back
    expect(await lockOwner(files, folder)).toEqual(second.owner);
    expect(readdirSync(folder)).toEqual([LOCK]);
  });

  it('goes to one of many that find it left behind at the same time', async () => {
    const mine = new TestProcesses();
    for (let round = 0; round < 20; round++) {
      const tries = await Promise.allSettled(Array.from({ length: 6 }, () => takeLock(files, folder, 'emend', now, mine)));
      const won = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(won).toHaveLength(1);
      expect(await lockOwner(files, folder)).toEqual(won[0]!.owner);
      mine.next();
    }
  });

  it('is taken over from a successor that was stopped on its way', async () => {
    const mine = new TestProcesses();
    const first = await takeLock(files, folder, 'emend', now, mine);
    mine.next();
    const stopped = await mine.self();
    writeFileSync(
      join(folder, `${LOCK}.${first.owner.nonce}`),
      JSON.stringify({ ...stopped, nonce: '0123456789abcdef', since: 's', app: 'emend' }),
    );
    mine.pid++; // the successor runs, and is another process
    await expect(takeLock(files, folder, 'emend', now, mine)).rejects.toMatchObject({ details: { owner: { nonce: '0123456789abcdef' } } });
    mine.end(stopped.pid);
    const third = await takeLock(files, folder, 'emend', now, mine);
    expect(third.tookOver?.nonce).toBe('0123456789abcdef');
    expect(readdirSync(folder)).toEqual([LOCK]);
  });

  it('is taken over when a power cut left it empty', async () => {
    writeFileSync(join(folder, LOCK), '');
    expect((await takeLock(files, folder, 'emend', now)).tookOver).toBeNull();
  });

  it('that this very process left behind is its own: taken again, and while it is held refused', async () => {
    const lock = await takeLock(files, folder, 'emend', now);
    const text = readFileSync(join(folder, LOCK), 'utf8');
    await expect(takeLock(files, folder, 'emend', now)).rejects.toMatchObject({ code: 'failed' });
    await lock.release();
    writeFileSync(join(folder, LOCK), text); // as when the folder was away while it was given back
    const again = await takeLock(files, folder, 'emend', now);
    expect(again.tookOver?.nonce).toBe(lock.owner.nonce);
    await again.release();
  });

  it('of another computer is respected, and how to remove it is said', async () => {
    const owner = { pid: 1, host: 'elsewhere', started: 'x', nonce: '0123456789abcdef', since: 's', app: 'emend' };
    writeFileSync(join(folder, LOCK), JSON.stringify(owner));
    await expect(takeLock(files, folder, 'emend', now)).rejects.toMatchObject({
      hint: expect.stringContaining('remove the file') as string,
    });
    expect(JSON.parse(readFileSync(join(folder, LOCK), 'utf8'))).toEqual(owner);
  });
});

describe('a process', () => {
  it('is told from one that ended, and from a later one with its number', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const self = await processes.self();
    const other = { ...self, pid: child.pid!, started: '' };
    expect(await processes.state(self)).toBe('running');
    expect(await processes.state(other)).toBe('running');
    if (process.platform === 'linux') expect(await processes.state({ ...self, started: 'another boot:1' })).toBe('gone');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('exit', resolve));
    expect(await processes.state(other)).toBe('gone');
    const { pid, started } = other;
    expect(await processes.state({ pid, started, host: 'elsewhere' })).toBe('unknown');
  });

  it.runIf(process.platform === 'linux')('is known by its computer, run and PID namespace, whatever the computer is called', async () => {
    const self = await processes.self();
    expect(self).toMatchObject({
      machine: expect.stringMatching(/^[0-9a-f]{16}$|^$/) as string,
      space: expect.stringContaining('pid:') as string,
    });
    const nobody = { ...self, pid: 2 ** 22 + 1 };
    const machine = 'another';
    const told = { ...nobody, machine: self.machine === '' ? '' : self.machine! };
    expect(await processes.state({ ...told, ...(self.machine === '' ? {} : { host: 'renamed' }) })).toBe('gone');
    expect(await processes.state({ ...nobody, machine, host: self.machine === '' ? 'elsewhere' : self.host })).toBe('unknown');
    expect(await processes.state({ ...self, space: 'linux pid:[1]' })).toBe('unknown');
    expect(await processes.state({ ...self, boot: 'another run' })).toBe('gone');
  });
});
