import { defineConfig } from 'vitest/config';

interface More {
  include?: string[];
  exclude?: string[];
  globalSetup?: string[];
  isolate?: boolean;
}

const project = (name: string, timeout: number, more: More = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    expect: { poll: { timeout: 15_000 } }, // what is waited for may take long on a busy machine
    pool: 'forks' as const,
    ...more,
  },
});

/** Unit tests that change what others import: a module in another's place, one more entry in a list. Each gets modules of its own. */
const APART = ['test/unit/**/*.apart.test.ts'];

/** One project a kind of test; `unit` is for every minute, the whole run is for CI. */
export default defineConfig({
  test: {
    projects: [
      project('unit', 20_000, { isolate: false, exclude: APART }), // sharing modules halves what the run takes
      project('apart', 60_000, { include: APART }), // loading modules anew counts as the test's time
      project('parity', 120_000),
      project('integration', 300_000, { globalSetup: ['test/integration/host/build.ts'] }),
      project('fuzz', 300_000),
      project('fault', 600_000, { globalSetup: ['test/integration/host/build.ts'] }),
      project('e2e', 300_000, { globalSetup: ['test/double/build.ts'] }),
    ],
    maxWorkers: 3,
  },
});
