import { basename } from 'node:path';
import { dialog, type BrowserWindow, type OpenDialogOptions } from 'electron';
import * as v from 'valibot';
import type { PickKind } from '../../shared/contract/host.ts';
import { STRINGS } from './strings.ts';

type Kind = v.InferOutput<typeof PickKind>;

/** Only macOS has a dialog for files and folders alike; elsewhere a model is a folder. */
const MODEL: OpenDialogOptions['properties'] = process.platform === 'darwin' ? ['openFile', 'openDirectory'] : ['openDirectory'];

const DIALOGS: Readonly<Record<Exclude<Kind, 'save'>, OpenDialogOptions>> = {
  model: { title: STRINGS.pick.model, properties: MODEL },
  facts: {
    title: STRINGS.pick.facts,
    properties: ['openFile'],
    filters: [
      { name: STRINGS.pick.factFiles, extensions: ['csv', 'json', 'jsonl'] },
      { name: STRINGS.pick.allFiles, extensions: ['*'] },
    ],
  },
  folder: { title: STRINGS.pick.folder, properties: ['openDirectory', 'createDirectory'] },
};

/** Lets the person choose in the system's dialog. @param name proposed for a file to save. @returns the paths; none when it was closed */
export async function pick(kind: Kind, name: string | undefined, window: BrowserWindow | undefined): Promise<readonly string[]> {
  if (kind === 'save') {
    // The page proposes a name, never a place.
    const options = { title: STRINGS.pick.save, ...(name === undefined ? {} : { defaultPath: basename(name) }) };
    const { canceled, filePath } = await (window === undefined ? dialog.showSaveDialog(options) : dialog.showSaveDialog(window, options));
    return canceled || filePath === '' ? [] : [filePath];
  }
  const { canceled, filePaths } = await (window === undefined
    ? dialog.showOpenDialog(DIALOGS[kind])
    : dialog.showOpenDialog(window, DIALOGS[kind]));
  return canceled ? [] : filePaths;
}
