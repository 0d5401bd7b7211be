import type { Progress, TimedProgress } from '../../shared/progress.ts';

interface Place {
  readonly from: number;
  readonly to: number;
}

/**
 * How full the one bar of a job is, whose phases each count for themselves: each new phase takes half of what is left, one that comes again
 * goes on where it was, and the bar never runs backwards. Work that tells its share of the whole itself is taken at its word.
 */
export class Bar {
  #share = 0;
  #taken = 0;
  readonly #places = new Map<string, Place>();

  /** @returns 0 to 1; undefined as long as nothing tells */
  at({ phase, done, total, unit }: Progress & Pick<TimedProgress, 'unit'>): number | undefined {
    if (total > 0) this.#share = Math.max(this.#share, this.#shareAt(phase, Math.min(1, Math.max(0, done / total)), unit === 'share'));
    return this.#places.size === 0 && this.#share === 0 ? undefined : this.#share;
  }

  #shareAt(phase: string, within: number, isWhole: boolean): number {
    if (isWhole) return within;
    // "edit 3 of 12" goes on with "edit 2 of 12".
    const key = phase.replaceAll(/\d+/g, '#');
    const from = Math.max(this.#taken, this.#share);
    const place = this.#places.get(key) ?? { from, to: from + (1 - from) / 2 };
    this.#places.set(key, place);
    this.#taken = Math.max(this.#taken, place.to);
    return place.from + within * (place.to - place.from);
  }
}
