import { Bridge } from './bridge.ts';
import { page } from './dom.ts';
import { askFirst } from './permissions.ts';

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
    if (!Object.hasOwn(page.window, name)) Object.defineProperty(page.window, name, { value: deepFreeze(bridge.unpack(api)), enumerable: true });
  });
  let ask: ((permission: string) => Promise<unknown>) | undefined;
  bridge.hear('permissions', (detail) => (ask = bridge.unpack(detail) as typeof ask));
  askFirst((permission) => ask?.(permission) ?? Promise.resolve());
  bridge.tell('hello', null);
}
