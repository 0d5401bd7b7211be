/** What two looks say of a layer: how much restoring it brings the old answer back, and how well a trial edit in it did. */
export interface TwoViews {
  readonly effect: number;
  /** Undefined where nothing was tried. */
  readonly score: number | undefined;
}

/** A layer is offered by a view that gives it this share of its best. */
const NEAR_BEST = 0.5;
/** With less than this share of what the noise took, restoring shows nothing but chance. */
const TELLING = 0.05;

/**
 * Noise to try, in standard deviations: as asked, then less, for where the subject is drowned no single restored output brings the answer
 * back.
 */
export function levels(asked: number): number[] {
  return [asked, (2 * asked) / 3, asked / 3];
}

/** Whether a trace tells layers apart. @param total the total effect, high − low */
export function tells(effects: readonly number[], total: number): boolean {
  return total > 0 && Math.max(...effects) >= TELLING * total;
}

/** Layers that both views put near their best, ascending; none where no trial did anything. @param layers of a trace that {@link tells} */
export function agreeing(layers: readonly TwoViews[]): number[] {
  const largest = (values: readonly number[]) => Math.max(0, ...values);
  const effect = largest(layers.map((layer) => layer.effect));
  const score = largest(layers.map((layer) => layer.score ?? 0));
  if (effect === 0 || score === 0) return [];
  const isNear = (value: number, best: number) => value >= NEAR_BEST * best;
  return layers.flatMap((layer, at) => (isNear(layer.effect, effect) && isNear(layer.score ?? 0, score) ? [at] : []));
}
