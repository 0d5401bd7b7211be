import stringWidth from 'string-width';
import type { TimedProgress } from '../../../shared/progress.ts';
import { duration, size, whole } from './numbers.ts';
import type { Stream } from './printer.ts';
import { shorten } from './table.ts';
import { visibleLine } from './text.ts';

const BAR = 24;
/** Plain lines come at most this often (ms). */
const LINE_INTERVAL = 3000;

/** Shows progress on stderr: one line that renews itself on a terminal, else a plain line now and then. */
export class ProgressLine {
  private readonly stream: Stream;
  private readonly now: () => number;
  private shown = false;
  private lastAt = -Infinity;

  constructor(stream: Stream, now: () => number = () => performance.now()) {
    this.stream = stream;
    this.now = now;
  }

  show(progress: TimedProgress): void {
    if (this.stream.isTTY) {
      this.stream.write(`\r\u001B[K${shorten(visibleLine(barLine(progress)), (this.stream.columns ?? 80) - 1)}`);
      this.shown = true;
      return;
    }
    if (this.now() - this.lastAt < LINE_INTERVAL) return;
    this.lastAt = this.now();
    this.stream.write(`${visibleLine(plainLine(progress))}\n`);
  }

  /** Takes the line away, for something else to be written. */
  clear(): void {
    if (this.shown) this.stream.write('\r\u001B[K');
    this.shown = false;
  }
}

/** "covariance  ━━━━╌╌╌╌  512/2 048  25%  12 s left" */
export function barLine(progress: TimedProgress): string {
  const share = shareOf(progress);
  const full = Math.round(share * BAR);
  const phase = progress.phase + ' '.repeat(Math.max(0, 24 - stringWidth(progress.phase)));
  return `${phase} ${'━'.repeat(full)}${'╌'.repeat(BAR - full)} ${figures(progress)}`;
}

/** "covariance: 512/2 048, 25%, 12 s left" */
export function plainLine(progress: TimedProgress): string {
  return `${progress.phase}: ${figures(progress).replaceAll('  ', ', ')}`;
}

function figures(progress: TimedProgress): string {
  const left =
    progress.secondsLeft === undefined ? '' : `  ${duration(Math.max(1, Math.round(progress.secondsLeft))).replace('.0 s', ' s')} left`;
  if (progress.unit === 'share') return `${Math.floor(shareOf(progress) * 100)}%${left}`;
  const amount = progress.unit === 'bytes' ? size : whole;
  return `${amount(progress.done)}/${amount(progress.total)}  ${Math.floor(shareOf(progress) * 100)}%${left}`;
}

function shareOf({ done, total }: TimedProgress): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
}
