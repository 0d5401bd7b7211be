import { BrowserWindow } from 'electron';
import { serveOnce } from './protocol.ts';

/** Prints a self-contained HTML page as PDF, in a window that nobody sees and that runs no scripts. */
export async function print(html: string): Promise<Uint8Array> {
  const window = new BrowserWindow({
    show: false,
    webPreferences: {
      javascript: false,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      spellcheck: false,
      devTools: false,
    },
  });
  try {
    await window.loadURL(serveOnce(html));
    return await window.webContents.printToPDF({
      pageSize: 'A4',
      printBackground: true,
      generateTaggedPDF: true,
      generateDocumentOutline: true,
    });
  } finally {
    window.destroy();
  }
}
