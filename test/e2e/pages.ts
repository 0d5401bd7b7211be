import type { ElectronApplication, Locator, Page } from 'playwright';

/** Opens a screen by the sidebar, and waits until it is there. */
export async function go(page: Page, name: 'Library' | 'Ask' | 'Edit' | 'Versions' | 'Audit log' | 'Settings'): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name, exact: false }).last().click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** Pastes text as from another program. */
export async function pasteInto(page: Page, field: Locator, text: string): Promise<void> {
  await field.focus();
  await field.evaluate((element, data) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', data);
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

/** Answers the next dialogs for saving with a path. */
export async function saveTo(app: ElectronApplication, path: string): Promise<void> {
  await app.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
  }, path);
}

interface Watching {
  longestTask?: number;
}

/** Notes from now on for how long the page was blocked at a time. */
export async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const watching = globalThis as Watching;
    watching.longestTask = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) watching.longestTask = Math.max(watching.longestTask ?? 0, entry.duration);
    }).observe({ entryTypes: ['longtask'] });
  });
}

/** The longest time that the page was blocked (ms). */
export function longestTask(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as Watching).longestTask ?? 0);
}
