import { page } from './dom.ts';
import type { FromPage } from './messages.ts';

/** Tells the main process of right clicks that the page leaves alone. */
export function followContextMenu(send: (message: FromPage) => void): void {
  page.document.addEventListener('contextmenu', (event) => {
    // After the page's own listeners.
    setTimeout(() => {
      if (event.defaultPrevented) return;
      const { target, clientX: x, clientY: y } = event;
      const { selectionStart, selectionEnd, value } = target;
      const isEditable = typeof selectionStart === 'number' || target.isContentEditable;
      const selectionText =
        typeof selectionStart === 'number' ? (value ?? '').slice(selectionStart, selectionEnd ?? 0) : String(page.document.getSelection());
      send({ kind: 'context-menu', x, y, isEditable, selectionText });
    });
  });
}
