import { basename } from 'node:path';
import { dialog, type BrowserWindow, type OpenDialogOptions } from 'electron';
import { PICKS, type PickKind } from '../../shared/contract/host.ts';
import { STRINGS } from './strings.ts';

/** Only macOS has a dialog for files and folders alike; elsewhere a model is a folder. */
const MODEL: NonNullable<OpenDialogOptions['properties']> =
  process.platform === 'darwin' ? ['openFile', 'openDirectory'] : ['openDirectory'];

/** Lets the person choose in the system's dialog. @param name proposed for a file to save. @returns the paths; none when it was closed */
export async function pick(kind: PickKind, name: string | undefined, window: BrowserWindow | undefined): Promise<readonly string[]> {
  if (PICKS[kind].takes === 'place') {
    // The page proposes a name, never a place.
    const options = { title: PICKS[kind].title, ...(name === undefined ? {} : { defaultPath: basename(name) }) };
    const { canceled, filePath } = await (window === undefined ? dialog.showSaveDialog(options) : dialog.showSaveDialog(window, options));
    return canceled || filePath === '' ? [] : [filePath];
  }
  const options = openOptions(kind);
  const { canceled, filePaths } = await (window === undefined ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options));
  return canceled ? [] : filePaths;
}

function openOptions(kind: PickKind): OpenDialogOptions {
  const what = PICKS[kind];
  if (!('files' in what)) {
    const properties: NonNullable<OpenDialogOptions['properties']> = kind === 'model' ? MODEL : ['openDirectory', 'createDirectory'];
    return { title: what.title, properties };
  }
  const { name, extensions } = what.files;
  const filters = [
    { name, extensions: [...extensions] },
    { name: STRINGS.allFiles, extensions: ['*'] },
  ];
  return { title: what.title, properties: ['openFile'], filters };
}
