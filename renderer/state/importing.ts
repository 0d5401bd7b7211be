import type { Picked } from '../../shared/contract/host.ts';
import { EmendError } from '../../shared/errors.ts';
import { run } from '../client/client.ts';
import { library } from './library.svelte.ts';
import { go, href } from './route.svelte.ts';
import { shell } from './shell.svelte.ts';
import { toasts } from './toasts.svelte.ts';
import { words } from '../text.ts';

/** Begins an import; the tray shows how far it is, and a toast its end. */
export function importFrom(picked: Picked, name: string): void {
  void say(run('library.import', { source: picked.handle, ...(name !== '' && { name }) }));
}

/** Imports the model that comes with Emend, and goes to it. */
export async function importBuiltIn(): Promise<void> {
  const done = await say(run('library.importBuiltIn', {}));
  if (done) go(href('ask', done.model));
}

async function say(importing: Promise<{ model: string; name: string; known: boolean }>) {
  try {
    const done = await importing;
    await library.refresh();
    toasts.say(done.known ? words.known(done.name) : words.imported(done.name), {
      action: { label: words.askIt, act: () => go(href('ask', done.model)) },
    });
    return done;
  } catch (error) {
    // The tray holds the error with its hint.
    if (!(error instanceof EmendError && error.code === 'cancelled')) shell.jobs = true;
    return undefined;
  }
}
