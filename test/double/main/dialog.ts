import type {
  MessageBoxOptions,
  MessageBoxReturnValue,
  OpenDialogOptions,
  OpenDialogReturnValue,
  SaveDialogOptions,
  SaveDialogReturnValue,
} from 'electron';
import { record } from '../calls.ts';
import { strictObject } from '../strict.ts';
import { requireReady } from './app.ts';

/** Dialogs may be given a window first. */
type Args<O> = readonly [O?] | readonly [object | null | undefined, O?];

function options<O extends object>(args: Args<O>): O {
  requireReady('dialog module can only be used after app is ready');
  return ((args.length > 1 ? args[1] : args[0]) ?? {}) as O;
}

/**
 * `dialog`: nobody is there, so each is written down and cancelled; a test that wants an answer replaces the function, as it would in
 * Electron.
 */
export const dialog = strictObject('dialog', {
  showOpenDialog(...args: Args<OpenDialogOptions>): Promise<OpenDialogReturnValue> {
    record('dialog.showOpenDialog', options(args));
    return Promise.resolve({ canceled: true, filePaths: [] });
  },
  showSaveDialog(...args: Args<SaveDialogOptions>): Promise<SaveDialogReturnValue> {
    record('dialog.showSaveDialog', options(args));
    return Promise.resolve({ canceled: true, filePath: '' });
  },
  showMessageBox(...args: Args<MessageBoxOptions>): Promise<MessageBoxReturnValue> {
    const asked = options(args);
    record('dialog.showMessageBox', asked);
    return Promise.resolve({ response: asked.cancelId ?? 0, checkboxChecked: asked.checkboxChecked ?? false });
  },
  showErrorBox(title: string, content: string): void {
    record('dialog.showErrorBox', title, content);
    console.error(`${title}: ${content}`);
  },
});
