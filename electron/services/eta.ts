import type { Progress, TimedProgress } from '../../shared/progress.ts';

/** Less than this into a phase, its speed is not known (s). */
const SETTLING = 1;

/** Adds the time left, from how fast the phase has been so far. */
export class Estimator {
  private phase: string | undefined;
  private since = 0;
  private start = 0;
  private readonly now: () => number;

  /** @param now a clock in ms */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  next(progress: Progress): TimedProgress {
    const { phase, done, total } = progress;
    if (phase !== this.phase || done < this.start) {
      this.phase = phase;
      this.since = this.now();
      this.start = done;
    }
    const seconds = (this.now() - this.since) / 1000;
    const progressed = done - this.start;
    const known = progressed > 0 && seconds >= SETTLING && total > done;
    return { phase, done, total, secondsLeft: known ? (seconds / progressed) * (total - done) : undefined };
  }
}
