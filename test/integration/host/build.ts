import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder with the engine process as built for an application, with the test worker in place of the engine's. */
    engine: string;
  }
}

const project = resolve(import.meta.dirname, '../../..');

/** Builds before the tests and cleans up after them. Inside the project, so that packages are found. */
export async function setup({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(project, 'node_modules/.engine-test-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: project,
    build: {
      ssr: true,
      outDir: folder,
      target: 'node20',
      rolldownOptions: {
        input: { process: 'electron/engine/process.ts', worker: 'test/integration/host/worker.ts', application: 'test/integration/host/application.ts' },
        output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunk-[hash].mjs' },
      },
    },
  });
  provide('engine', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
