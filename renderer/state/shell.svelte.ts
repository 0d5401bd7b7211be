import { MediaQuery } from 'svelte/reactivity';
import { preferences } from './settings.svelte.ts';
import { toasts } from './toasts.svelte.ts';

/** Width below which a screen needs all the room there is (px). */
const NARROW = 900;

/** Panels of the shell that are open. */
class Shell {
  palette = $state(false);
  shortcuts = $state(false);
  jobs = $state(false);
  #isNarrow = new MediaQuery(`max-width: ${NARROW}px`);

  /** The sidebar shows icons alone: as the person chose, else where the window is narrow. */
  get isFolded(): boolean {
    const { sidebar } = preferences.settings;
    return sidebar === 'auto' ? this.#isNarrow.current : sidebar === 'folded';
  }

  /** Folds or unfolds the sidebar, and remembers it. */
  toggleSidebar(): void {
    preferences.save({ sidebar: this.isFolded ? 'shown' : 'folded' }).catch((error: unknown) => toasts.fail(error));
  }
}

export const shell = new Shell();
