// `npm start`: the desktop application, from a fresh clone too. Where it cannot run, the same in a browser.
//   npm start -- --serve   in a browser in any case (what follows goes to `emend serve`)
//   npm start -- --tour    the guided tour in the terminal
import { spawn } from 'node:child_process';
import { electronEnvironment, findElectron } from './desktop.mjs';
import { buildIfStale, installPackages, root, stop } from './setup.mjs';

const [first, ...rest] = process.argv.slice(2);
installPackages();

if (first === '--tour') {
  build('node');
  await emend('tour', ...rest);
} else if (first === '--serve') {
  build('node', 'renderer');
  await emend('serve', ...rest);
} else {
  const { path, why } = findElectron();
  if (why) {
    build('node', 'renderer');
    console.log(`No desktop window here: ${why}. The same application opens in a browser:\n`);
    await emend('serve', ...(path ? ['--open'] : [])); // without a place for windows there is no browser either
  } else {
    build('desktop', 'renderer');
    await start(path, ['.', ...process.argv.slice(2)], electronEnvironment());
  }
}

function build(...names) {
  if (!buildIfStale(...names)) stop('The build failed; the reason stands above.');
}

function emend(...args) {
  return start(process.execPath, ['build/emend.mjs', ...args], process.env);
}

/** Runs a program until it ends. Ctrl-C reaches it by itself; this one waits until it has closed everything. */
async function start(command, args, env) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env });
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.exitCode = await new Promise((done) =>
    child.once('error', (error) => stop(`${command}: ${error.message}`)).once('exit', (code) => done(code ?? 1)),
  );
}
