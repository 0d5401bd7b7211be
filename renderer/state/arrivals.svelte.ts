import type { Look, ReadBy } from '../../shared/contract/library.ts';
import type { Picked } from '../../shared/contract/host.ts';
import { EmendError } from '../../shared/errors.ts';
import { call, run } from '../client/client.ts';
import { pick } from '../client/pick.ts';
import { jobs } from './jobs.svelte.ts';
import { toasts } from './toasts.svelte.ts';

/** What came from outside, with what it was found to be. */
export interface Arrival {
  readonly picked: Picked;
  /** How many things came with it, itself included. */
  readonly of: number;
  readonly look?: Look | undefined;
  /** The job that unpacks it, while it is an archive. */
  readonly unpacking?: string | undefined;
  readonly error?: unknown;
}

/** The one way in: what is dropped, chosen, or opened with Emend is looked at and shown before anything happens to it. */
class Arrivals {
  current = $state.raw<Arrival | undefined>();
  /** Files are being made known to the host. */
  isReceiving = $state(false);
  #stop = new AbortController();

  async receive(given: Promise<readonly Picked[]>): Promise<void> {
    this.#stop.abort();
    this.isReceiving = true;
    try {
      const all = await given;
      const picked = all[0];
      if (!picked) return;
      await this.#lookAt(picked, all.length);
    } catch (error) {
      if (this.current) this.current = { ...this.current, error };
      else toasts.fail(error);
    } finally {
      this.isReceiving = false;
    }
  }

  /** Looks at what came; an archive is unpacked, and what comes out is looked at. */
  async #lookAt(picked: Picked, of: number): Promise<void> {
    this.current = { picked, of };
    const look = await call('library.look', { source: picked.handle });
    if (this.current?.picked !== picked) return;
    this.current = { picked, of, look };
    if (look.what === 'archive') await this.#unpack(picked, of, look);
  }

  async #unpack(picked: Picked, of: number, look: Look): Promise<void> {
    this.#stop = new AbortController();
    const isHere = () => this.current?.picked === picked;
    let job: string | undefined;
    const begun = (id: string) => {
      job = id;
      if (isHere()) this.current = { picked, of, look, unpacking: id };
    };
    try {
      const inside = await run('library.unpack', { source: picked.handle }, { signal: this.#stop.signal, onJob: ({ id }) => begun(id) });
      if (isHere()) await this.#lookAt(inside, of);
    } catch (error) {
      if (!isHere()) return;
      if (!(error instanceof EmendError && error.code === 'cancelled')) throw error;
      this.current = undefined; // cancelled in the tray
    } finally {
      // It is here on the screen; the tray is for what one may have missed.
      if (job !== undefined) void jobs.clear(job).catch(() => undefined);
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
    this.#stop.abort();
    this.current = undefined;
  }
}

export const arrivals = new Arrivals();
