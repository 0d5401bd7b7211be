import type { Protocol } from '../chromium/protocol.ts';
import { chromium } from './chromium.ts';
import { defaultSession } from './session.ts';
import type { WebContents } from './web-contents.ts';

/** Electron's names and those of Chromium. */
const NAMES: Record<string, readonly string[]> = {
  notifications: ['notifications'],
  geolocation: ['geolocation'],
  media: ['camera', 'microphone'],
  'clipboard-read': ['clipboard-read'],
  'clipboard-sanitized-write': ['clipboard-write'],
  midi: ['midi'],
};

/** Before a page loads: gives it what the application's check handler grants, which is all when there is none, as in Electron. */
export async function settlePermissions(webContents: WebContents, url: string): Promise<void> {
  const check = defaultSession.permissionCheck;
  const { origin } = new URL(url);
  await Promise.all(
    Object.keys(NAMES).map((permission) =>
      set(
        url,
        permission,
        check === null || check(webContents, permission, origin, { isMainFrame: true, requestingUrl: url, securityOrigin: origin }),
      ),
    ),
  );
}

/** When a page asks: asks the application's request handler, and tells Chromium what it said. */
export async function requestPermission(webContents: WebContents, permission: string): Promise<void> {
  const handler = defaultSession.permissionRequest;
  const url = webContents.insideUrl;
  const granted =
    handler === null ||
    (await new Promise<boolean>((resolve) =>
      handler(webContents, permission, resolve, { isMainFrame: true, requestingUrl: webContents.getURL() }),
    ));
  await set(url, permission, granted);
}

async function set(url: string, permission: string, granted: boolean): Promise<void> {
  const { origin, protocol } = new URL(url);
  if (!/^https?:$/.test(protocol)) return;
  const setting: Protocol.Browser.PermissionSetting = granted ? 'granted' : 'denied';
  await Promise.all(
    (NAMES[permission] ?? []).map((name) => chromium().session.send('Browser.setPermission', { origin, setting, permission: { name } })),
  );
}
