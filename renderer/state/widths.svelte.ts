import { preferences } from './settings.svelte.ts';
import { toasts } from './toasts.svelte.ts';

/** Quiet after the last move before widths are kept (ms). */
const KEEP_AFTER = 400;

/** How wide columns and panels are, by name: as a person moved them, here or at another time. */
class Widths {
  /** Moved and not kept yet; undefined is as it comes. */
  #moved = $state.raw<Readonly<Record<string, number | undefined>>>({});
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Undefined where nobody moved it. */
  of(name: string): number | undefined {
    return Object.hasOwn(this.#moved, name) ? this.#moved[name] : preferences.settings.widths[name];
  }

  /** @param width undefined makes it as wide as it comes */
  set(name: string, width: number | undefined): void {
    this.#moved = { ...this.#moved, [name]: width };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#keep(), KEEP_AFTER);
  }

  async #keep(): Promise<void> {
    const moved = this.#moved;
    const all = Object.entries({ ...preferences.settings.widths, ...moved });
    const widths = Object.fromEntries(all.filter((one): one is [string, number] => one[1] !== undefined));
    try {
      await preferences.save({ widths });
      if (moved === this.#moved) this.#moved = {};
    } catch (error) {
      toasts.fail(error);
    }
  }
}

export const widths = new Widths();
