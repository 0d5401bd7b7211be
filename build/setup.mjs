// Makes a fresh clone ready: packages, system packages, the build. Does nothing that is already done.
// Run by `npm start` and `npm test`; uses nothing but Node.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname ?? '.', '..');
const at = (path) => join(root, path);

/** What the bundle is made from. */
const SOURCES = ['electron', 'shared', 'build/vite.node.ts', 'package-lock.json'];
const PROGRAM = 'dist/node/emend.mjs';

/** Debian packages that the tests need. None so far: everything that runs today comes with npm. */
const SYSTEM_PACKAGES = [];

/** Runs a program in the project with its output shown; gives its exit code. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/** Runs npm, the one that started us where there is one. */
export function npm(...args) {
  const own = process.env.npm_execpath;
  return own ? run(process.execPath, [own, ...args]) : run('npm', args, { shell: process.platform === 'win32' });
}

/** Everything up to the build. Ends the process with a line that says what is missing when it cannot be done. */
export function installAll() {
  requireNode();
  if (!packagesAreCurrent()) {
    console.log('Installing packages (npm ci) …');
    if (npm('ci') !== 0) stop('The packages could not be installed; npm says why above. Once that is solved, run this again.');
  }
  installSystemPackages();
}

/** Builds when a source is newer than the bundle. Gives true when a bundle is there. */
export function buildIfStale() {
  if (existsSync(at(PROGRAM)) && Math.max(...SOURCES.map((path) => newest(at(path)))) <= statSync(at(PROGRAM)).mtimeMs) return true;
  console.log('Building …');
  return npm('run', '--silent', 'build', '--', '--logLevel', 'warn') === 0;
}

export function stop(message) {
  console.error(message);
  process.exit(1);
}

function requireNode() {
  const wanted = JSON.parse(readFileSync(at('package.json'), 'utf8')).engines.node.replace('>=', '');
  const [major, minor] = wanted.split('.').map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor < major || (ownMajor === major && ownMinor < minor)) stop(`Emend needs Node ${wanted} or newer; this is ${process.versions.node}.`);
}

/** Whether what npm installed is what the lock file names. Compares versions, since times change with every checkout. */
function packagesAreCurrent() {
  const installedList = at('node_modules/.package-lock.json');
  if (!existsSync(installedList)) return false;
  const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedList, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => path === '' || (entry.optional && !installed[path]) || installed[path]?.version === entry.version);
}

/** On Debian as root installs what is missing of {@link SYSTEM_PACKAGES}; elsewhere says what to install. */
function installSystemPackages() {
  const missing = SYSTEM_PACKAGES.filter((name) => spawnSync('dpkg', ['-s', name]).status !== 0);
  if (missing.length === 0) return;
  const canInstall = existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;
  if (!canInstall) return console.warn(`Some tests need system packages: ${missing.join(', ')}. They are skipped without them.`);
  if (run('apt-get', ['update', '-q']) !== 0 || run('apt-get', ['install', '-qy', '--no-install-recommends', ...missing]) !== 0) stop(`These system packages could not be installed: ${missing.join(', ')}.`);
}

/** The latest change below a path (ms); a folder changes too when a file in it goes. */
function newest(path) {
  const status = statSync(path);
  return status.isDirectory() ? Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name)))) : status.mtimeMs;
}

if (process.argv[1] === import.meta.filename) {
  installAll();
  if (!buildIfStale()) stop('The build failed; the reason stands above.');
}
