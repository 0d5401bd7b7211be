import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { doubleFolder } from './executable.ts';

const config = resolve(import.meta.dirname, '../../build/vite.double.ts');

/** Builds the double when its sources are newer than it; a global set-up for vitest projects that launch it. */
export async function setup(): Promise<void> {
  const built = join(doubleFolder, 'electron');
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(import.meta.dirname, name));
  const newest = Math.max(...[config, ...sources].map((file) => statSync(file).mtimeMs));
  if (!existsSync(built) || statSync(built).mtimeMs < newest) await build({ configFile: config, logLevel: 'warn' });
}
