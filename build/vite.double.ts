import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, defineConfig, type Plugin } from 'vite';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'dist/double');

/** Node wants its own options before the script. One process from here on: whoever ends it ends the double. */
const LAUNCHER = `#!/bin/sh
for argument; do
  case "$argument" in --inspect*) inspect="$argument" ;; esac
done
exec node $inspect "$(dirname "$0")/boot.cjs" "$@"
`;

/** `import { text } from './x.ts?script'`: the file and all it imports as the text of one script, for a page. */
const script: Plugin = {
  name: 'script-text',
  enforce: 'pre',
  async resolveId(id, importer) {
    if (!id.endsWith('?script')) return null;
    const file = await this.resolve(id.slice(0, -'?script'.length), importer);
    return file === null ? null : `${file.id}?script`;
  },
  async load(id) {
    if (!id.endsWith('?script')) return null;
    const entry = id.slice(0, -'?script'.length);
    this.addWatchFile(entry);
    const built = await build({
      configFile: false,
      root,
      logLevel: 'warn',
      build: { write: false, minify: false, target: 'es2023', lib: { entry, formats: ['iife'], name: 'electronDouble' } },
    });
    const [output] = [built].flat();
    if (output === undefined || !('output' in output)) throw new Error(`${entry} was not built.`);
    return `export const text = ${JSON.stringify(output.output[0].code)};`;
  },
};

const launcher: Plugin = { name: 'launcher', writeBundle: () => writeFileSync(join(folder, 'electron'), LAUNCHER, { mode: 0o755 }) };

/** Bundles the Electron double into one folder that can stand in for Electron's. */
export default defineConfig({
  root,
  plugins: [script, launcher],
  // Self-contained, so that the folder can be copied. The archive reader asks for Electron's unpatched fs, which Node's is.
  ssr: { noExternal: true },
  resolve: { alias: { 'original-fs': 'node:fs' } },
  build: {
    ssr: true,
    outDir: folder,
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    rolldownOptions: {
      input: Object.fromEntries(['boot', 'electron', 'utility', 'utility-electron'].map((name) => [name, `test/double/${name}.ts`])),
      output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: 'chunk-[hash].cjs' },
    },
  },
});
