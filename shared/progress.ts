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

/** A report of work that is one phase of something else, which names it. */
export interface Steps {
  progress(done: number, total: number): void;
  /** @throws EmendError 'cancelled' once the work should stop */
  check(): void;
}

/** How far work is: `done` of `total` units of this phase. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** Progress with the time that the phase will still take. */
export interface TimedProgress extends Progress {
  /** What is counted, where that is worth saying; 'share': how much of the whole job is done, of 1. */
  readonly unit?: 'bytes' | 'share' | undefined;
  /** Undefined while there is nothing to tell it by. */
  readonly secondsLeft: number | undefined;
}

/** The other end of a report: who follows work that is done elsewhere, and may stop it. */
export interface Follow<P extends Progress = TimedProgress> {
  readonly onProgress?: ((progress: P) => void) | undefined;
  /** Pieces of generated text as they come. */
  readonly onText?: ((piece: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A report that nobody reads. */
export const silent: Report = { progress: () => undefined, check: () => undefined };
