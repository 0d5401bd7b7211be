/** How work tells how far it is, and hears whether to stop. The one shape of it, from the ledger to the screens' jobs. */
export interface Report {
  /** @param done work finished in this phase, of `total`, in whatever unit the phase counts */
  progress(phase: string, done: number, total: number): void;
  /** @throws EmendError 'cancelled' once the work should stop */
  check(): void;
}

/** A report of work that also writes text while it runs. */
export interface JobContext extends Report {
  /** A piece of generated text. */
  say(piece: string): void;
}

/** A report that nobody reads. */
export const silent: Report = { progress: () => undefined, check: () => undefined };
