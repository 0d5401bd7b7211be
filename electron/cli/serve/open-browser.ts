import { spawn } from 'node:child_process';

/** Asks the system to show an address in its browser. Where that fails, the printed link is there to be opened by hand. */
export function openBrowser(address: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '""', address]
        : ['xdg-open', address];
  spawn(command!, args, { stdio: 'ignore', detached: true, windowsVerbatimArguments: true })
    .on('error', () => undefined)
    .unref();
}
