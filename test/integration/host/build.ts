import type { TestProject } from 'vitest/node';
import { buildPrograms } from '../../programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The engine process as built for an application. */
    engine: string;
    /** The same with the test worker in place of the engine's, and a small application beside it. */
    testEngine: string;
  }
}

const PROCESS = 'electron/engine/process.ts';

/** Builds before the tests and cleans up after them. */
export async function setup({ provide }: TestProject): Promise<() => void> {
  const real = await buildPrograms({ process: PROCESS, worker: 'electron/engine/worker.ts' });
  const test = await buildPrograms({
    process: PROCESS,
    worker: 'test/integration/host/worker.ts',
    application: 'test/integration/host/application.ts',
  });
  provide('engine', real.at('process'));
  provide('testEngine', test.at('process'));
  return () => {
    real.remove();
    test.remove();
  };
}
