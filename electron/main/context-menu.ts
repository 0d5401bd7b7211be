import { Menu, type BrowserWindow, type ContextMenuParams } from 'electron';

/** Cut, copy and paste on a right click, where there is something to do it with. */
export function showContextMenu(window: BrowserWindow, { isEditable, selectionText, editFlags }: ContextMenuParams): void {
  if (isEditable) {
    Menu.buildFromTemplate([
      { role: 'undo', enabled: editFlags.canUndo },
      { role: 'redo', enabled: editFlags.canRedo },
      { type: 'separator' },
      { role: 'cut', enabled: editFlags.canCut },
      { role: 'copy', enabled: editFlags.canCopy },
      { role: 'paste', enabled: editFlags.canPaste },
      { role: 'selectAll', enabled: editFlags.canSelectAll },
    ]).popup({ window });
  } else if (selectionText.trim() !== '') {
    Menu.buildFromTemplate([{ role: 'copy' }]).popup({ window });
  }
}
