import type { Picked, PickKind } from '../../shared/contract/host.ts';
import { picking } from '../state/picking.svelte.ts';
import { preferences } from '../state/settings.svelte.ts';
import { call } from './client.ts';

/**
 * Lets the person choose a file or folder: in the system's dialog, or in a list of the serving machine's folders.
 * @param name suggested for what is to be written
 * @returns undefined when nothing was chosen
 * @throws EmendError when the host cannot show its dialog
 */
export async function pick(kind: PickKind, name?: string): Promise<Picked | undefined> {
  if (preferences.host?.picker === 'list') return picking.ask(kind, name ?? '');
  return (await call('host.pick', name === undefined ? { kind } : { kind, name })).picked[0];
}
