// `npm run check`: types, rules, lint and unit tests side by side, as many at a time as there are processors.
// What a step says is shown when it has ended, so that the steps do not talk into each other. Fails when any step does.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { root } from './setup.mjs';

/** The longest first, so that the short ones fill the end. */
const STEPS = ['unit', 'types', 'lint', 'rules'];

/** Runs a step of package.json. */
function check(name) {
  const started = performance.now();
  const step = spawn('npm', ['run', '--silent', name], {
    cwd: root,
    shell: process.platform === 'win32',
    env: { ...process.env, FORCE_COLOR: '1' },
  });
  const said = [];
  for (const stream of [step.stdout, step.stderr]) stream.on('data', (piece) => said.push(piece));
  return new Promise((resolve) => {
    step.on('error', (error) => said.push(Buffer.from(`${error.message}\n`)));
    step.on('close', (code) => {
      process.stdout.write(Buffer.concat(said));
      console.log(`${name}: ${code === 0 ? 'fine' : 'failed'}, ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
      resolve(code === 0);
    });
  });
}

const waiting = [...STEPS];
const results = [];
const worker = async () => {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) results.push(await check(name));
};
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
process.exitCode = results.every(Boolean) ? 0 : 1;
