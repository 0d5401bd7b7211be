import * as v from 'valibot';
import { PickedSchema } from './host.ts';
import { JobSchema } from './jobs.ts';
import { SettingsSchema } from './settings.ts';

/** What hosts tell screens unasked. */
export const EventSchema = v.variant('type', [
  v.object({ type: v.literal('job'), job: JobSchema }),
  /** A piece of generated text. */
  v.object({ type: v.literal('text'), job: v.string(), piece: v.string() }),
  v.object({ type: v.literal('library') }),
  /** An entry, draft or form of a model changed. */
  v.object({ type: v.literal('ledger'), model: v.string() }),
  v.object({ type: v.literal('settings'), settings: SettingsSchema }),
  /** Something was opened from outside: a file association, the command line, a second start. */
  v.object({ type: v.literal('open'), picked: v.array(PickedSchema) }),
  /** A menu item was chosen. */
  v.object({ type: v.literal('command'), command: v.string() }),
]);
export type Event = v.InferOutput<typeof EventSchema>;
