import type { ElectronApplication, Locator, Page } from 'playwright';

/** Opens a screen by the sidebar, and waits until it is there. */
export async function go(
  page: Page,
  name: 'Library' | 'Ask' | 'Edit' | 'Versions' | 'Audit log' | 'Facts' | 'Steer' | 'Glossary' | 'Settings',
): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name, exact: false }).last().click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** What a page has that Node lacks. */
interface Browser {
  readonly DataTransfer: new () => { setData(type: string, data: string): void };
  readonly ClipboardEvent: new (type: string, init: object) => object;
}

/** Pastes text as from another program. */
export async function pasteInto(field: Locator, text: string): Promise<void> {
  await field.focus();
  await field.evaluate((element, data) => {
    const { DataTransfer, ClipboardEvent } = globalThis as unknown as Browser;
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', data);
    (element as unknown as { dispatchEvent(event: object): void }).dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    );
  }, text);
}

/** Answers the next dialogs for choosing with a path. */
export async function chooseFrom(app: ElectronApplication, path: string): Promise<void> {
  await app.evaluate(({ dialog }, filePath) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [filePath] });
  }, path);
}

/** Answers the next dialogs for saving with a path. */
export async function saveTo(app: ElectronApplication, path: string): Promise<void> {
  await app.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
  }, path);
}
