import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../chromium/temporary.ts';
import { switchValue } from '../command-line.ts';
import { application, commandLine } from '../environment.ts';

const HOME_FOLDERS = {
  desktop: 'Desktop',
  documents: 'Documents',
  downloads: 'Downloads',
  music: 'Music',
  pictures: 'Pictures',
  videos: 'Videos',
} as const;

const chosen = new Map<string, string>();

/** `app.setPath`. */
export function setPath(name: string, path: string): void {
  getPath(name);
  chosen.set(name, path);
}

/** `app.getPath`. What an application keeps goes to `--user-data-dir` or, without it, to a folder that is removed at the end. */
export function getPath(name: string): string {
  const path = chosen.get(name) ?? standard(name);
  if (path === undefined) throw new Error(`Failed to get '${name}' path`);
  return path;
}

function standard(name: string): string | undefined {
  if (name in HOME_FOLDERS) return join(homedir(), HOME_FOLDERS[name as keyof typeof HOME_FOLDERS]);
  switch (name) {
    case 'home':
      return homedir();
    case 'temp':
      return tmpdir();
    case 'exe':
      return process.execPath;
    case 'assets':
    case 'module':
      return application.folder;
    case 'appData':
      return join(temporaryFolder, 'config');
    case 'userData':
      return switchValue(commandLine.switches, 'user-data-dir') ?? join(temporaryFolder, 'user-data');
    case 'sessionData':
      return getPath('userData');
    case 'logs':
      return join(getPath('userData'), 'logs');
    case 'crashDumps':
      return join(getPath('userData'), 'Crashpad');
    default:
      return undefined;
  }
}
