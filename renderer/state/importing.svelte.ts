import type { Picked } from '../../shared/contract/host.ts';
import type { ReadBy } from '../../shared/contract/library.ts';
import { EmendError } from '../../shared/errors.ts';
import { call, run } from '../client/client.ts';
import { firstRun } from './first-run.svelte.ts';
import { library } from './library.svelte.ts';
import { go, href } from './route.svelte.ts';
import { shell } from './shell.svelte.ts';
import { toasts } from './toasts.svelte.ts';
import { words } from '../text.ts';

/** Begins an import; the tray shows how far it is, and a toast its end. */
export function importFrom(picked: Picked, name: string, readBy?: ReadBy, anew = false): void {
  const asked = { source: picked.handle, anew, ...(name !== '' && { name }), ...(readBy && { readBy }) };
  void say(run('library.import', asked), () => importFrom(picked, name, readBy, true));
}

/** Brings a removed model back, with its record. */
export async function bringBack(removed: string): Promise<void> {
  const { model, name } = await call('library.restore', { removed });
  await library.refresh();
  toasts.say(words.restored(name), { action: { label: words.askIt, act: () => go(href('ask', model)) } });
}

/** What an import came upon: the record of the same model, set aside. */
class FoundAgain {
  current = $state.raw<{ readonly error: EmendError; readonly removed: string; readonly anew?: (() => void) | undefined } | undefined>();
}
export const foundAgain = new FoundAgain();

/** Imports the model that comes with Emend, and goes to it. */
export async function importBuiltIn(): Promise<void> {
  const done = await say(run('library.importBuiltIn', {}));
  if (!done) return;
  firstRun.begin(done.model);
  go(href('ask', done.model));
}

async function say(importing: Promise<{ model: string; name: string; known: boolean }>, anew?: () => void) {
  try {
    const done = await importing;
    await library.refresh();
    toasts.say(done.known ? words.known(done.name) : words.imported(done.name), {
      action: { label: words.askIt, act: () => go(href('ask', done.model)) },
    });
    return done;
  } catch (error) {
    if (error instanceof EmendError && typeof error.details?.['removed'] === 'string') {
      foundAgain.current = { error, removed: error.details['removed'], anew };
      return undefined;
    }
    // The tray holds the error with its hint.
    if (!(error instanceof EmendError && error.code === 'cancelled')) shell.jobs = true;
    return undefined;
  }
}
