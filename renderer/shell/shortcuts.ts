import { COMMANDS, type CommandInfo } from '../../shared/commands.ts';
import type { ActionId } from '../../shared/contract/events.ts';
import { SCREENS } from '../../shared/screens.ts';
import { hasMod, isWriting } from '../keys.ts';
import { shell } from '../state/shell.svelte.ts';
import { doCommand } from './commands.svelte.ts';

/** What each key does, by its name: "Mod+k", "?". */
const BY_KEY: ReadonlyMap<string, ActionId> = new Map(
  [...SCREENS, ...COMMANDS].flatMap(({ id, keys }: CommandInfo & { readonly id: ActionId }) =>
    keys.map((key) => [key.startsWith('Mod+') ? `Mod+${key.slice(4).toLowerCase()}` : key, id] as const),
  ),
);

/** Keys that work on every screen. A modal dialog keeps them to itself. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || document.querySelector('dialog:modal')) return;
  const command = keyOf(event);
  if (command !== undefined) {
    event.preventDefault();
    doCommand(command);
  } else if (event.key === 'Escape' && shell.jobs) {
    event.preventDefault();
    shell.jobs = false;
  }
}

/** What the pressed keys stand for, if anything. A bare sign is text where one writes. */
function keyOf(event: KeyboardEvent): ActionId | undefined {
  if (hasMod(event) && !event.shiftKey) return BY_KEY.get(`Mod+${event.key.toLowerCase()}`);
  return event.key.length === 1 && isWriting(event) ? undefined : BY_KEY.get(event.key);
}
