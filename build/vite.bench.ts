import { defineConfig } from 'vite';

/** Bundles the benchmark, for Node to run. */
export default defineConfig({
  build: {
    ssr: 'test/bench/bench.ts',
    outDir: 'dist/bench',
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    rolldownOptions: { output: { entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' } },
  },
});
