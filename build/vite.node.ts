import { defineConfig } from 'vite';
import { buildDate } from './build-date.ts';

/** Bundles the Node side: the command line, the engine process and its worker thread. */
export default defineConfig({
  define: buildDate,
  build: {
    ssr: true,
    outDir: 'dist/node',
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    rolldownOptions: {
      input: { emend: 'electron/cli/emend.ts', process: 'electron/engine/process.ts', worker: 'electron/engine/worker.ts' },
      output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunk-[hash].mjs' },
    },
  },
});
