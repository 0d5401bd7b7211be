import { chromium } from './chromium.ts';
import type { WebContents } from './web-contents.ts';

/** Pages by the name that Chromium has for each. */
const pages = new Map<string, WebContents>();
let opening: Promise<unknown> = Promise.resolve();

export const pageOfTarget = (targetId: string): WebContents | undefined => pages.get(targetId);

/** Opens an empty page. One at a time, so that pages that nobody here opened can be told apart. */
export function openTarget(webContents: WebContents, width: number, height: number): Promise<string> {
  const opened = opening.then(async () => {
    const { targetId } = await chromium().session.send('Target.createTarget', { url: 'about:blank', newWindow: true, width, height });
    pages.set(targetId, webContents);
    return targetId;
  });
  opening = opened.catch(() => undefined);
  return opened;
}

/** Follows what happens to pages outside of them. */
export async function watchTargets(): Promise<void> {
  const { session } = chromium();
  session.on('Target.targetDestroyed', ({ targetId }) => {
    pages.get(targetId)?.gone();
    pages.delete(targetId);
  });
  session.on('Target.targetCreated', ({ targetInfo: { type, targetId } }) => {
    if (type !== 'page') return;
    // Windows are refused in the page (page/windows.ts). What comes all the same, from a frame inside it, has no place here.
    void opening.then(() => {
      if (!pages.has(targetId)) return session.send('Target.closeTarget', { targetId }).catch(() => undefined);
    });
  });
  await session.send('Target.setDiscoverTargets', { discover: true });
}
