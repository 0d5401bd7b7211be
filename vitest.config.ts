import { defineConfig } from 'vitest/config';

const project = (name: string, timeout: number, globalSetup: string[] = []) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: timeout, hookTimeout: timeout, globalSetup, pool: 'forks' as const },
});

/** One project a kind of test; `unit` is for every minute, the whole run is for CI. */
export default defineConfig({
  test: {
    projects: [
      project('unit', 20_000),
      project('parity', 120_000),
      project('integration', 300_000, ['test/integration/host/build.ts']),
      project('fuzz', 300_000),
      project('fault', 600_000, ['test/integration/host/build.ts']),
      project('e2e', 300_000, ['test/double/build.ts']),
    ],
    maxWorkers: 2,
  },
});
