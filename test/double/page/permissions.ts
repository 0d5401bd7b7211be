// Chromium without a screen has nobody to ask, so the page's own requests ask the application first and then find the matter settled.

type Method = (...args: unknown[]) => unknown;
type Holder = Record<string, Method | undefined>;

const at = (...path: string[]): Holder | undefined =>
  path.reduce<unknown>((owner, name) => (owner as Record<string, unknown> | undefined)?.[name], globalThis) as Holder | undefined;

/** Makes the functions that need leave wait for `ask`, and then do what Chromium does with or without it. */
export function askFirst(ask: (permission: string) => Promise<unknown>): void {
  const guard = (owner: Holder | undefined, name: string, permission: string): void => {
    const original = owner?.[name];
    if (owner === undefined || original === undefined) return;
    owner[name] = function (this: unknown, ...args: unknown[]) {
      return ask(permission).then(() => original.apply(this, args));
    };
  };
  guard(at('Notification'), 'requestPermission', 'notifications');
  guard(at('Geolocation', 'prototype'), 'getCurrentPosition', 'geolocation');
  guard(at('MediaDevices', 'prototype'), 'getUserMedia', 'media');
  guard(at('Clipboard', 'prototype'), 'readText', 'clipboard-read');
  guard(at('Clipboard', 'prototype'), 'read', 'clipboard-read');
  guard(at('Navigator', 'prototype'), 'requestMIDIAccess', 'midi');
}
