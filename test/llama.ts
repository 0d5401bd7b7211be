import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LLAMA_FOLDER, LLAMA_PACKAGE } from '../electron/engine/llama/package.ts';

/** The package with llama.cpp's binary for the processor, by system. */
const BINARIES: Readonly<Record<string, string>> = {
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'linux-arm64': 'linux-arm64',
  'linux-x64': 'linux-x64',
  'win32-arm64': 'win-arm64',
  'win32-x64': 'win-x64',
};

/**
 * A folder in which node-llama-cpp is installed, in the version that Emend is tested with: the one that EMEND_LLAMA names, or one that npm
 * is asked for once. Without the binaries for graphics cards it is 85 MB.
 * @returns undefined where it cannot be had, which is said
 */
export function installedLlama(): string | undefined {
  const named = process.env[LLAMA_FOLDER];
  if (named !== undefined) return named;
  const { name, version } = LLAMA_PACKAGE;
  const folder = resolve(import.meta.dirname, `../node_modules/.cache/${name}-${version}`);
  const binaries = `@node-llama-cpp/${BINARIES[`${process.platform}-${process.arch}`] ?? ''}`;
  const isThere = () => [name, binaries].every((one) => existsSync(join(folder, 'node_modules', one, 'package.json')));
  if (isThere()) return folder;
  try {
    const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1'];
    const asked = ['install', '--prefix', folder, ...options, `${name}@${version}`, `${binaries}@${version}`];
    execFileSync('npm', asked, { stdio: 'pipe', timeout: 240_000, shell: process.platform === 'win32' });
  } catch (error) {
    console.warn(`Not tested in llama.cpp: ${name}@${version} could not be installed. ${String(error).slice(0, 400)}`);
  }
  return isThere() ? folder : undefined;
}
