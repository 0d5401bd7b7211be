import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from 'playwright';

/**
 * Time for Chromium to hear the page's answer to a step of a drag, once the page has seen it (ms): a drop that comes before the answer is
 * lost.
 */
const ANSWER = 60;

/** Time for the page to see a step before it is sent again, as a hand that holds still sends it, and how often (ms). */
const PATIENCE = 2000;
const TRIES = 5;

/** What the page's drag events are counted in. */
interface Counting {
  dragEventsSeen?: string[];
  addEventListener(name: string, listener: () => void, capture: boolean): void;
}

/**
 * Drops files and folders from disk onto a page, as from a file manager: they arrive with their paths.
 * @param at pixels from the page's top left corner
 * @throws Error when the page did not take the drop, because nothing there prevents the default of `dragover`
 */
export async function dropFiles(page: Page, paths: readonly string[], at: { readonly x: number; readonly y: number }): Promise<void> {
  await page.evaluate(() => {
    const counting = globalThis as unknown as Counting;
    const isFirst = counting.dragEventsSeen === undefined;
    const seen = (counting.dragEventsSeen = [] as string[]);
    if (isFirst)
      for (const name of ['dragenter', 'dragover', 'drop'])
        counting.addEventListener(name, () => (counting.dragEventsSeen ?? seen).push(name), true);
  });
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const [type, event] of [
    ['dragEnter', 'dragenter'],
    ['dragOver', 'dragover'],
    ['drop', 'drop'],
  ] as const) {
    const saw = (name: string): boolean => (globalThis as unknown as Counting).dragEventsSeen?.includes(name) ?? false;
    for (let tries = 1; ; tries++) {
      // A drop is sent once: where it was lost, a second one would drop nothing.
      if (tries === 1 || type !== 'drop') await session.send('Input.dispatchDragEvent', { type, ...at, data });
      const isSeen = await page.waitForFunction(saw, event, { timeout: PATIENCE }).then(
        () => true,
        () => false,
      );
      if (isSeen) break;
      if (tries === TRIES)
        throw new Error(`The page saw no ${event} at ${at.x}, ${at.y}: a place for files prevents the default of dragover.`);
    }
    await wait(ANSWER);
  }
  await session.detach();
}
