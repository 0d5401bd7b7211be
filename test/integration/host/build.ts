import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The engine process as built for an application. */
    engine: string;
    /** The same with the test worker in place of the engine's, and a small application beside it. */
    testEngine: string;
  }
}

const project = resolve(import.meta.dirname, '../../..');

async function bundle(folder: string, input: Record<string, string>): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'error',
    root: project,
    build: {
      ssr: true,
      outDir: folder,
      target: 'node20',
      rolldownOptions: {
        input: { process: 'electron/engine/process.ts', ...input },
        output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunk-[hash].mjs' },
      },
    },
  });
  return join(folder, 'process.mjs');
}

/** Builds before the tests and cleans up after them. Inside the project, so that packages are found. */
export async function setup({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(project, 'node_modules/.engine-test-'));
  provide('engine', await bundle(join(folder, 'real'), { worker: 'electron/engine/worker.ts' }));
  provide(
    'testEngine',
    await bundle(join(folder, 'test'), { worker: 'test/integration/host/worker.ts', application: 'test/integration/host/application.ts' }),
  );
  return () => rmSync(folder, { recursive: true, force: true });
}
