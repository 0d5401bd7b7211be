import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A page that leads to an address, in a folder that only this user reads. */
export interface Leading {
  readonly file: string;
  remove(): void;
}

/**
 * The link lets in whoever uses it first, and everybody on a machine sees what programs are called with: a browser is called with the file
 * of a page that leads there.
 */
export function leadingTo(address: string): Leading {
  const folder = mkdtempSync(join(tmpdir(), 'emend-open-'));
  const file = join(folder, 'open.html');
  const escaped = address.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  writeFileSync(file, `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${escaped}"><title>Emend</title>`, {
    mode: 0o600,
  });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Asks the system to show a file in its browser. Where that fails, the printed link is there to be opened by hand. */
export function openBrowser(file: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', file]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '""', `"${file}"`]
        : ['xdg-open', file];
  spawn(command!, args, { stdio: 'ignore', detached: true, windowsVerbatimArguments: true })
    .on('error', () => undefined)
    .unref();
}
