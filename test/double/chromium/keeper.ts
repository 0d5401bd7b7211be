import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

// Reads until the double's end of the pipe closes, which the kernel does even after SIGKILL.
const SCRIPT = 'read -r _; kill -KILL -- "-$1" 2>/dev/null; rm -rf "$2" || { sleep 1; rm -rf "$2"; }';

/** Waits in a process of its own for this one to end, then ends the process group of Chromium and removes a folder. */
export function keepTidy(group: number, folder: string): void {
  const keeper = spawn('/bin/sh', ['-c', SCRIPT, 'electron-double-keeper', String(group), folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  keeper.unref();
  (keeper.stdin as Socket).unref();
}
