import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { build } from 'vite';

const project = resolve(import.meta.dirname, '../..');

/** How a command line ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line built from the sources as they are, and a folder for what tests make. */
export interface Program {
  readonly folder: string;
  readonly scratch: string;
  remove(): void;
}

export async function buildProgram(): Promise<Program> {
  // Inside the project, so that packages are found.
  const folder = mkdtempSync(join(project, 'node_modules/.cli-test-'));
  const scratch = mkdtempSync(join(tmpdir(), 'emend-cli-'));
  await build({
    configFile: join(project, 'build/vite.node.ts'),
    root: project,
    logLevel: 'error',
    build: { outDir: folder, sourcemap: false },
  });
  return { folder, scratch, remove: () => [folder, scratch].forEach((one) => rmSync(one, { recursive: true, force: true })) };
}

/** Starts a command line in the scratch folder, with caches of its own and, unless `env` names another, a library of its own. */
export function start(
  { folder, scratch }: Program,
  argv: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly uid?: number | undefined } = {},
): { child: ChildProcessByStdio<null, Readable, Readable>; ended: Promise<Ended> } {
  const env = { ...process.env, EMEND_HOME: join(scratch, 'home'), EMEND_CACHE: join(scratch, 'cache'), NO_COLOR: '1', ...options.env };
  const child = spawn(process.execPath, [join(folder, 'emend.mjs'), ...argv], {
    cwd: scratch,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
  return { child, ended: new Promise((done, failed) => child.once('error', failed).once('close', (code) => done({ code, out, err }))) };
}
