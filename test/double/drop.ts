import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from 'playwright';

/** Between the steps of a drag (ms): Chromium answers each in the renderer, and loses a drop that comes before the answer. */
const STEP = 60;

/** Drops files and folders from disk onto a page, as from a file manager: they arrive with their paths. @param at pixels from the page's top left corner */
export async function dropFiles(page: Page, paths: readonly string[], at: { readonly x: number; readonly y: number }): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, ...at, data });
    await wait(STEP);
  }
  await session.detach();
}
