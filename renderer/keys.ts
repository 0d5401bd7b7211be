import type { ListedKey } from './key-list.ts';

const isMac = navigator.platform.startsWith('Mac');
const NAMES: Readonly<Record<string, string>> = {
  Mod: isMac ? '⌘' : 'Ctrl',
  Shift: isMac ? '⇧' : 'Shift',
  Alt: isMac ? '⌥' : 'Alt',
  Enter: '↵',
  Escape: 'Esc',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
  ' ': 'Space',
};

/** How this computer calls the keys of a shortcut: "Mod+K" is ⌘ K or Ctrl K. */
export function keyNames(keys: string): string[] {
  return keys.split('+').map((key) => NAMES[key] ?? key);
}

/** Whether Command (on a Mac) or Ctrl is held, alone. */
export function hasMod(event: KeyboardEvent | MouseEvent): boolean {
  return (isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.altKey;
}

/** The keys that are pressed together, as lists name them: "Mod+Shift+Z". Undefined with modifiers that no list has. */
export function pressed(event: KeyboardEvent): string | undefined {
  const mod = hasMod(event);
  if (!mod && (event.ctrlKey || event.metaKey || event.altKey)) return undefined;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return [mod && 'Mod', event.shiftKey && 'Shift', key].filter(Boolean).join('+');
}

/** What the pressed keys do, by a list of them. */
export function actionOf<K extends string>(event: KeyboardEvent, list: Readonly<Record<K, ListedKey>>): K | undefined {
  const keys = pressed(event);
  return keys === undefined ? undefined : (Object.keys(list) as K[]).find((action) => list[action].keys.includes(keys));
}

/** Whether keys go to something one writes in, where a bare letter is text. */
export function isWriting(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
