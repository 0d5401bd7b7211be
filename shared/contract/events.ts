import * as v from 'valibot';
import { COMMANDS } from '../commands.ts';
import { SCREENS } from '../screens.ts';
import { Handle } from './define.ts';
import { PickedSchema } from './host.ts';
import { JobSchema } from './jobs.ts';
import { SettingsSchema } from './settings.ts';

/** Goes to a screen, or does a command. */
export const ActionIdSchema = v.picklist([...SCREENS, ...COMMANDS].map(({ id }) => id));
export type ActionId = v.InferOutput<typeof ActionIdSchema>;

/** What hosts tell screens unasked. */
export const EventSchema = v.variant('type', [
  v.object({ type: v.literal('job'), job: JobSchema }),
  /** A piece of generated text. */
  v.object({ type: v.literal('text'), job: v.string(), piece: v.string() }),
  v.object({ type: v.literal('library') }),
  /** What was chosen or dropped has been copied into the library: a host may forget it, or list it as opened lately. */
  v.object({ type: v.literal('imported'), source: Handle }),
  /** An entry, draft or form of a model changed. */
  v.object({ type: v.literal('ledger'), model: v.string() }),
  v.object({ type: v.literal('settings'), settings: SettingsSchema }),
  /** Something was opened from outside: a file association, the command line, a second start. */
  v.object({ type: v.literal('open'), picked: v.array(PickedSchema) }),
  /** A menu item was chosen. */
  v.object({ type: v.literal('command'), command: ActionIdSchema }),
]);
export type Event = v.InferOutput<typeof EventSchema>;
