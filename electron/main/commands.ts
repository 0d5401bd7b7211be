import type { Event } from '../../shared/contract/events.ts';

/** What menu items ask of the page, by the names that the page knows. */
export type Command = 'import' | 'library' | 'ask' | 'edit' | 'versions' | 'log' | 'settings' | 'palette' | 'shortcuts';

export function commandEvent(command: Command): Event {
  return { type: 'command', command };
}
