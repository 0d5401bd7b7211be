import { Bridge } from './bridge.ts';
import { page } from './dom.ts';
import { askFirst } from './permissions.ts';
import { type Asked, refuseOpen } from './windows.ts';

// The page's own world: puts there what the preload script exposes.

declare const BRIDGE_KEY: string;

function deepFreeze(value: unknown): unknown {
  if (value !== null && (typeof value === 'object' || typeof value === 'function') && !ArrayBuffer.isView(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

if (page.window === page.top) {
  const bridge = new Bridge(BRIDGE_KEY, 'page');
  bridge.hear('expose', (detail) => {
    const { name, api } = detail as { name: string; api: unknown };
    if (!Object.hasOwn(page.window, name))
      Object.defineProperty(page.window, name, { value: deepFreeze(bridge.unpack(api)), enumerable: true });
  });
  let services: { readonly permission: (name: string) => Promise<unknown>; readonly windowOpen: Asked } | undefined;
  bridge.hear('services', (detail) => (services = bridge.unpack(detail) as typeof services));
  askFirst((permission) => services?.permission(permission) ?? Promise.resolve());
  refuseOpen((...asked) => services?.windowOpen(...asked));
  bridge.tell('hello', null);
}
