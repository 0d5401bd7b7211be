const isMac = navigator.platform.startsWith('Mac');
const NAMES: Readonly<Record<string, string>> = {
  Mod: isMac ? '⌘' : 'Ctrl',
  Shift: isMac ? '⇧' : 'Shift',
  Alt: isMac ? '⌥' : 'Alt',
  Enter: '↵',
  Escape: 'Esc',
  Up: '↑',
  Down: '↓',
};

/** How this computer calls the keys of a shortcut: "Mod+K" is ⌘ K or Ctrl K. */
export function keyNames(keys: string): string[] {
  return keys.split('+').map((key) => NAMES[key] ?? key);
}

/** Whether Command (on a Mac) or Ctrl is held, alone. */
export function hasMod(event: KeyboardEvent): boolean {
  return (isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.altKey;
}

/** Whether keys go to something one writes in, where a bare letter is text. */
export function isWriting(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
