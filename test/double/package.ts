import { extractAll } from '@electron/asar';
import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { temporaryFolder } from './chromium/temporary.ts';

/** An application on disk. */
export interface Application {
  /** Its folder; for an archive, where it was unpacked. */
  readonly folder: string;
  /** The main script. */
  readonly entry: string;
  readonly manifest: { readonly name?: string; readonly productName?: string; readonly version?: string; readonly main?: string };
  /** Of a packaged application: the folder that its archive lies in. */
  readonly resources: string | undefined;
}

/**
 * Finds the application for a path, as Electron does: a script, a folder with a package.json, or an archive;
 * without a path `resources/app.asar` beside the executable, as in a packaged application, or else the working folder.
 */
export function locate(path: string | undefined): Application {
  const packaged = join(__dirname, 'resources', 'app.asar');
  const target = path ?? (existsSync(packaged) ? packaged : resolve('.'));
  if (target.endsWith('.asar')) return { ...inFolder(unpack(target)), resources: dirname(target) };
  const isFolder = existsSync(target) && statSync(target).isDirectory();
  if (!existsSync(isFolder ? join(target, 'package.json') : target)) throw new Error(`Unable to find Electron app at ${target}`);
  if (isFolder) return { ...inFolder(target), resources: undefined };
  return { folder: dirname(target), entry: target, manifest: {}, resources: undefined };
}

function inFolder(folder: string): Omit<Application, 'resources'> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Application['manifest'];
  return { folder, manifest, entry: join(folder, manifest.main ?? 'index.js') };
}

/**
 * Node cannot read inside archives as Electron can. The folder keeps the archive's name, so that paths to what lies unpacked beside it can
 * be told as usual.
 */
function unpack(archive: string): string {
  const folder = join(temporaryFolder, 'app.asar');
  extractAll(archive, folder);
  if (existsSync(`${archive}.unpacked`)) symlinkSync(`${archive}.unpacked`, `${folder}.unpacked`);
  return folder;
}
