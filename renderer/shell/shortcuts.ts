import { hasMod, isWriting } from '../keys.ts';
import { shell } from '../state/shell.svelte.ts';
import { doCommand } from './commands.svelte.ts';

const WITH_MOD: Readonly<Record<string, string>> = {
  1: 'library',
  2: 'ask',
  3: 'edit',
  4: 'versions',
  5: 'log',
  k: 'palette',
  o: 'import',
  j: 'jobs',
  ',': 'settings',
  '/': 'shortcuts',
};

/** Keys that work on every screen. A modal dialog keeps them to itself. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || document.querySelector('dialog:modal')) return;
  const command =
    hasMod(event) && !event.shiftKey ? WITH_MOD[event.key.toLowerCase()] : event.key === '?' && !isWriting(event) ? 'shortcuts' : undefined;
  if (command !== undefined) {
    event.preventDefault();
    doCommand(command);
  } else if (event.key === 'Escape' && shell.jobs) {
    event.preventDefault();
    shell.jobs = false;
  }
}
