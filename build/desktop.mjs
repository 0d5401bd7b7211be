// Whether the desktop application can run on this machine, and with which Electron.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const electron = resolve(import.meta.dirname, '../node_modules/electron');
const EXECUTABLE = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform] ?? 'electron';
/** Longest time to wait for a download of about 120 MB, and for Electron to say its version (ms). */
const [DOWNLOAD_LIMIT, TRIAL_LIMIT] = [300_000, 30_000];

/** The Electron to start, downloaded when it is not there yet; or in words why the desktop application cannot run here. */
export function findElectron() {
  const why = noWindow();
  if (why) return { why };
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) return { path: join(override, EXECUTABLE) };
  const path = join(electron, 'dist', EXECUTABLE);
  return { path, why: existsSync(path) ? trial(path) : (download() ?? trial(path)) };
}

function noWindow() {
  const { DISPLAY, WAYLAND_DISPLAY, SSH_CONNECTION } = process.env;
  if (process.platform !== 'linux') return SSH_CONNECTION ? 'this is an SSH session' : undefined;
  if (!DISPLAY && !WAYLAND_DISPLAY) return 'there is no display';
  return process.getuid() === 0 ? 'Electron has no sandbox for root' : undefined;
}

/** npm does not run install scripts here (.npmrc), so that what they fetch is fetched only when it is needed. */
function download() {
  console.log('Downloading Electron (about 120 MB, once) …');
  const { status, stderr } = spawnSync(process.execPath, [join(electron, 'install.js')], {
    timeout: DOWNLOAD_LIMIT,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `Electron could not be downloaded (${status === null ? 'it took too long' : reason(stderr)})`;
}

/** On Linux a missing library, a display that does not answer or a sandbox that is not set up shows only when it starts. */
function trial(path) {
  if (process.platform !== 'linux') return undefined;
  const { status, stderr } = spawnSync(path, ['--version'], {
    timeout: TRIAL_LIMIT,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: electronEnvironment(),
  });
  if (status === 0) return undefined;
  if (stderr.includes('chrome-sandbox'))
    return `Electron's sandbox is not set up: sudo chown root ${join(electron, 'dist/chrome-sandbox')}; sudo chmod 4755 the same file`;
  return `Electron does not start (${reason(stderr)})`;
}

/** Editors made with Electron leave their terminals a variable that turns Electron into Node. */
export function electronEnvironment() {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  return env;
}

/** The line of an output that says why; without the place in Chromium's sources before it. */
function reason(output) {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^\[[^\]]*\]\s*/, '').trim())
    .filter(Boolean);
  return (lines.find((line) => /error|fatal/i.test(line)) ?? lines.at(-1) ?? 'it says nothing').replace(/^\w*Error: /, '');
}
