// Bundles a TypeScript program of test/ and runs it: `node build/run.mjs bench --quick` is test/bench/bench.ts.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installPackages, run, stop } from './setup.mjs';

const [name, ...args] = process.argv.slice(2);
const root = resolve(import.meta.dirname, '..');
const source = `test/${name}/${name}.ts`;
if (!name || !existsSync(join(root, source)))
  stop(`${name ? `There is no program ${source}` : 'Name a program'}. Usage: node build/run.mjs bench [options]`);

installPackages();
const { build } = await import('vite');
await build({
  configFile: false,
  root,
  logLevel: 'warn',
  build: {
    ssr: source,
    outDir: `dist/${name}`,
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    rolldownOptions: { output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunk-[hash].mjs' } },
  },
});
process.exitCode = run(process.execPath, ['--enable-source-maps', `dist/${name}/${name}.mjs`, ...args]);
