import { watchConnection } from '../client/client.ts';
import type { Connection } from '../client/host.ts';
import { isOver } from '../client/unanswered.ts';

/** Whether the other side answers. A moment without it is nothing to speak of. */
class ConnectionState {
  now = $state<Connection>('open');
  /** How often it was found again: what a screen reads when it opens is read again then. */
  returns = $state(0);
  #foundAt = $state(-Infinity);
  #isLost = false;
  #telling: ReturnType<typeof setTimeout> | undefined;

  /** Whether an error tells that nobody answered, and that is over. */
  isOver(error: unknown): boolean {
    return isOver(error, this.#foundAt);
  }

  follow(): void {
    watchConnection((found) => {
      clearTimeout(this.#telling);
      if (found === 'open' && this.#isLost) {
        this.returns++;
        this.#foundAt = performance.now();
      }
      this.#isLost = found !== 'open';
      if (found === 'lost' && this.now === 'open') this.#telling = setTimeout(() => (this.now = found), PATIENCE);
      else this.now = found;
    });
  }
}

/** A reload of the server's machine, or a page on its way out, is not told (ms). */
export const PATIENCE = 700;

export const connection = new ConnectionState();
