import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Reads until the double's end of the pipe closes, which the kernel does even after SIGKILL. A process that is just dying may still write,
// hence the second time.
const KEEPER = 'read -r group; read -r _; for again in 1 2; do [ -z "$group" ] || kill -KILL -- "-$group"; rm -rf "$1"; sleep 1; done';

/**
 * The folder of this run: Chromium's profile, an unpacked archive, user data when none were named. Removed when the double has ended,
 * however it ended.
 */
export const temporaryFolder = mkdtempSync(join(tmpdir(), 'electron-double-'));

/** A process of its own that waits for this one to end, and then tidies up. */
const keeper = spawn('/bin/sh', ['-c', KEEPER, 'electron-double-keeper', temporaryFolder], {
  detached: true,
  stdio: ['pipe', 'ignore', 'ignore'],
});
keeper.unref();
(keeper.stdin as Socket).unref();

/** Lets a process group end with this process, however it ends. */
export function endWithUs(group: number): void {
  keeper.stdin?.write(`${group}\n`);
}
