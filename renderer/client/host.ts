import type { Envelope, MethodName } from '../../shared/contract.ts';
import type { Event as HostEvent } from '../../shared/contract/events.ts';
import type { Picked } from '../../shared/contract/host.ts';

export type { HostEvent };

/** 'lost': nobody answers. 'stranger': somebody does, and lets only another browser in. */
export type Connection = 'open' | 'lost' | 'stranger';

/** What may be dropped or chosen in a page. */
export type GivenFiles = DataTransfer | FileList | readonly File[];

/** The side that does the work, as the page reaches it: the desktop application or a server. */
export interface Host {
  call(method: MethodName, params: unknown): Promise<Envelope>;
  /**
   * Calls back on every event; returns how to stop that.
   * @param missed called when events may have been lost, so that state must be read anew
   * @param changed called when the way to the other side is lost or found again; never where both are one program
   */
  listen(heard: (event: HostEvent) => void, missed: () => void, changed: (connection: Connection) => void): () => void;
  /** Makes dropped or chosen files and folders known. To be called within the drop event: its data is gone afterwards. */
  grant(given: GivenFiles): Promise<readonly Picked[]>;
}

/** The `File` objects in what was given; a dropped folder is one of them. */
export function filesOf(given: GivenFiles): File[] {
  return [...('files' in given ? given.files : given)];
}
