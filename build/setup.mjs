// Makes a fresh clone ready: packages, what the tests need of the system, the build. Does nothing that is already done.
// Run by `npm start` and `npm test`; uses nothing but Node.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');
const at = (path) => join(root, path);

/** What is built by build/vite.<name>.ts: the file that is written last, and what it is made from. */
const BUNDLES = {
  node: { output: 'dist/node/emend.mjs', sources: ['electron', 'shared', 'package.json'] },
  renderer: { output: 'dist/renderer/index.html', sources: ['renderer', 'shared'] },
  desktop: { output: 'dist/preload/preload.cjs', sources: ['electron', 'shared', 'package.json'] },
  double: { output: 'dist/double/electron', sources: ['test/double'] },
};

/** Debian packages that the tests need: screens are tested in Chromium. The application needs none. */
const TEST_PACKAGES = ['chromium'];

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

/** Ends the process with a line that says what is missing when it cannot be done. */
export function installPackages() {
  requireNode();
  if (packagesAreCurrent()) return;
  console.log('Installing packages (npm ci) …');
  if (npm('ci', '--loglevel=error') !== 0)
    stop('The packages could not be installed; npm says why above. Once that is solved, run this again.');
}

/** Builds those bundles that are older than their sources. Gives true when all are there. */
export function buildIfStale(...names) {
  const stale = names.filter(isStale);
  if (stale.length > 0) console.log(`Building (${stale.join(', ')}) …`);
  return stale.every(
    (name) =>
      run(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--config', `build/vite.${name}.ts`, '--logLevel', 'warn']) === 0,
  );
}

function isStale(name) {
  const { output, sources } = BUNDLES[name];
  return (
    !existsSync(at(output)) ||
    Math.max(...[...sources, `build/vite.${name}.ts`, 'package-lock.json'].map((path) => newest(at(path)))) > statSync(at(output)).mtimeMs
  );
}

export function stop(message) {
  console.error(message);
  process.exit(1);
}

function requireNode() {
  const wanted = JSON.parse(readFileSync(at('package.json'), 'utf8')).engines.node.replace('>=', '');
  const [major, minor] = wanted.split('.').map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor < major || (ownMajor === major && ownMinor < minor))
    stop(`Emend needs Node ${wanted} or newer; this is ${process.versions.node}.`);
}

/** Whether what npm installed is what the lock file names. Compares versions, since times change with every checkout. */
function packagesAreCurrent() {
  const installedList = at('node_modules/.package-lock.json');
  if (!existsSync(installedList)) return false;
  const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedList, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || (entry.optional && !installed[path]) || installed[path]?.version === entry.version,
  );
}

/** On Debian as root installs what is missing of {@link TEST_PACKAGES}; elsewhere says what to install. */
export function installTestPackages() {
  const missing = process.env.CHROMIUM ? [] : TEST_PACKAGES.filter((name) => spawnSync('dpkg', ['-s', name]).status !== 0);
  if (missing.length === 0) return;
  const canInstall = existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;
  if (!canInstall) return console.warn(`The tests of the screens need ${missing.join(', ')}: install it, or name a Chromium in CHROMIUM.`);
  if (run('apt-get', ['update', '-q']) !== 0 || run('apt-get', ['install', '-qy', '--no-install-recommends', ...missing]) !== 0)
    stop(`These system packages could not be installed: ${missing.join(', ')}.`);
}

/** The latest change below a path (ms); a folder changes too when a file in it goes. */
function newest(path) {
  const status = statSync(path);
  return status.isDirectory() ? Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name)))) : status.mtimeMs;
}

if (process.argv[1] === import.meta.filename) {
  installPackages();
  if (!buildIfStale('node', 'renderer', 'desktop')) stop('The build failed; the reason stands above.');
}
