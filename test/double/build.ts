import { resolve } from 'node:path';
import { build } from 'vite';

/** Builds the double; a global set-up for vitest projects that launch it. */
export async function setup(): Promise<void> {
  await build({ configFile: resolve(import.meta.dirname, '../../build/vite.double.ts'), logLevel: 'warn' });
}
