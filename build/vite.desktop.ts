import { resolve } from 'node:path';
import { build, defineConfig, type Plugin } from 'vite';
import { buildDate } from './build-date.ts';

const root = resolve(import.meta.dirname, '..');

/** The preload script is one CommonJS file: a sandboxed page's preload can load nothing but Electron. */
const preload: Plugin = {
  name: 'preload',
  async closeBundle() {
    await build({
      configFile: false,
      root,
      logLevel: 'warn',
      ssr: { noExternal: true, external: ['electron'] },
      build: {
        ssr: 'electron/preload/preload.ts',
        outDir: 'dist/preload',
        emptyOutDir: true,
        target: 'es2023',
        sourcemap: true,
        rolldownOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: 'preload.cjs' } },
      },
    });
  },
};

/**
 * Bundles the desktop application: the main process with the engine beside it, and the preload script.
 * All packages go in but ONNX Runtime, whose native files must lie on disk as they came.
 */
export default defineConfig({
  root,
  define: buildDate,
  plugins: [preload],
  ssr: { noExternal: true, external: ['electron', 'onnxruntime-node'] },
  build: {
    ssr: true,
    outDir: 'dist/main',
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    rolldownOptions: {
      external: ['electron', /^onnxruntime-(node|common)/],
      input: { main: 'electron/main/main.ts', process: 'electron/engine/process.ts', worker: 'electron/engine/worker.ts' },
      output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunk-[hash].mjs' },
    },
  },
});
