import type { Look, ReadBy } from '../../shared/contract/library.ts';
import type { Picked } from '../../shared/contract/host.ts';
import { call } from '../client/client.ts';
import { pick } from '../client/pick.ts';
import { toasts } from './toasts.svelte.ts';

/** What came from outside, with what it was found to be. */
export interface Arrival {
  readonly picked: Picked;
  /** How many things came with it, itself included. */
  readonly of: number;
  readonly look?: Look | undefined;
  readonly error?: unknown;
}

/** The one way in: what is dropped, chosen, or opened with Emend is looked at and shown before anything happens to it. */
class Arrivals {
  current = $state.raw<Arrival | undefined>();
  /** Files are being made known to the host. */
  isReceiving = $state(false);

  async receive(given: Promise<readonly Picked[]>): Promise<void> {
    this.isReceiving = true;
    try {
      const all = await given;
      const picked = all[0];
      if (!picked) return;
      this.current = { picked, of: all.length };
      const look = await call('library.look', { source: picked.handle });
      if (this.current?.picked === picked) this.current = { picked, of: all.length, look };
    } catch (error) {
      if (this.current) this.current = { ...this.current, error };
      else toasts.fail(error);
    } finally {
      this.isReceiving = false;
    }
  }

  /** Looks at a folder that holds two graphs by the other of them. */
  async lookBy(readBy: ReadBy): Promise<void> {
    const { current } = this;
    if (!current || current.look?.readBy === readBy) return;
    try {
      const look = await call('library.look', { source: current.picked.handle, readBy });
      if (this.current?.picked === current.picked) this.current = { ...this.current, look };
    } catch (error) {
      if (this.current?.picked === current.picked) this.current = { ...this.current, error };
    }
  }

  /** Lets the person choose a model folder. */
  choose(): Promise<void> {
    return this.receive(pick('model').then((picked) => (picked ? [picked] : [])));
  }

  close(): void {
    this.current = undefined;
  }
}

export const arrivals = new Arrivals();
