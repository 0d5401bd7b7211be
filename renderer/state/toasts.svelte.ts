import { unansweredSince } from '../client/unanswered.ts';
import { connection, PATIENCE } from './connection.svelte.ts';

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'failed' | 'note';
  readonly text: string;
  readonly action?: { readonly label: string; readonly act: () => unknown } | undefined;
}

/** Long enough to read and to reach an action by keyboard. */
const SHOWN_MS = 8000;
/** What went wrong is longer to read, and nobody may be looking. */
const FAILED_MS = 60_000;

class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  /** Somebody is at them: the pointer or the focus. */
  isHeld = false;
  #next = 1;

  /** Says something that needs no answer. It is read out, and goes by itself, a failure much later. */
  say(text: string, { kind = 'done', action }: { kind?: Toast['kind']; action?: Toast['action'] } = {}): void {
    const toast: Toast = { id: this.#next++, kind, text, action };
    // The same again stands in place of what it repeats.
    const others = this.list.filter((one) => one.kind !== kind || one.text !== text);
    this.list = [...others.slice(-3), toast];
    setTimeout(() => this.#leave(toast.id), kind === 'failed' ? FAILED_MS : SHOWN_MS);
  }

  /** Says why something did not work. */
  fail(error: unknown): void {
    const { message, hint } = error as Partial<{ message: string; hint: string }>;
    const say = () => this.say([message ?? String(error), hint].filter(Boolean).join(' '), { kind: 'failed' });
    if (unansweredSince(error) === undefined) say();
    // A moment later the banner says so, and stays as long as it is so, or it is over.
    else setTimeout(() => connection.now === 'open' && !connection.isOver(error) && say(), PATIENCE + 100);
  }

  #leave(id: number): void {
    if (this.isHeld) setTimeout(() => this.#leave(id), 1000);
    else this.drop(id);
  }

  drop(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
