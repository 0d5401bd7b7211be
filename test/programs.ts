import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';

const project = resolve(import.meta.dirname, '..');

/** Programs that were built for other processes of a test to run. */
export interface Programs {
  /** Where the program of a name lies. */
  readonly at: (name: string) => string;
  readonly remove: () => void;
}

/** Builds programs. @param sources by the name that each gets, below the project's root */
export async function buildPrograms(sources: Readonly<Record<string, string>>): Promise<Programs> {
  const folder = mkdtempSync(join(project, 'node_modules/.programs-')); // inside the project, so that packages are found
  chmodSync(folder, 0o755); // another user of the machine may run them
  await build({
    configFile: false,
    logLevel: 'error',
    root: project,
    build: {
      ssr: true,
      outDir: folder,
      target: 'node20',
      rolldownOptions: { input: { ...sources }, output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunk-[hash].mjs' } },
    },
  });
  return { at: (name) => join(folder, `${name}.mjs`), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
