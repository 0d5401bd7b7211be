import { watchConnection } from '../client/client.ts';
import type { Connection } from '../client/host.ts';

/** Whether the other side answers. A moment without it is nothing to speak of. */
class ConnectionState {
  now = $state<Connection>('open');
  /** How often it was found again. */
  returns = $state(0);
  #isLost = false;
  #telling: ReturnType<typeof setTimeout> | undefined;

  follow(): void {
    watchConnection((found) => {
      clearTimeout(this.#telling);
      if (found === 'open' && this.#isLost) this.returns++;
      this.#isLost = found !== 'open';
      if (found === 'lost' && this.now === 'open') this.#telling = setTimeout(() => (this.now = found), PATIENCE);
      else this.now = found;
    });
  }
}

/** A reload of the server's machine, or a page on its way out, is not told (ms). */
const PATIENCE = 700;

export const connection = new ConnectionState();
