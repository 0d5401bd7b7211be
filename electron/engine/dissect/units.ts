import { largest, Random } from '../runtime/sampling.ts';
import { best, LIMIT, type Overlap, overlap, plainIou, restrictedIou } from './iou.ts';
import type { Labels } from './labels.ts';
import { SHARE, threshold, type Threshold, TIE } from './quantile.ts';
import type { LayerFinding, UnitFinding } from './report.ts';

/** Strongest places that are kept of each unit. */
export const TOP = 10;

/** Places with an activation strictly above the threshold. */
export function mask(activations: Float32Array, { value }: Threshold): number[] {
  const on: number[] = [];
  for (let place = 0; place < activations.length; place++) if (activations[place]! > value) on.push(place);
  return on;
}

/** Judges a unit by its mask's overlap with the labels, and with shuffled ones. */
export function judge(
  unit: number,
  cut: Threshold,
  found: { readonly labels: Pick<Labels, 'categoryOf' | 'sizes'>; readonly overlap: Overlap },
  chance: readonly { readonly labels: Pick<Labels, 'categoryOf' | 'sizes'>; readonly overlap: Overlap }[],
  top: UnitFinding['top'],
): UnitFinding {
  const restricted = best(restrictedIou(found.labels, found.overlap));
  const plain = best(plainIou(found.labels, found.overlap));
  return {
    unit,
    threshold: cut.value,
    gap: cut.gap,
    undecided: cut.gap <= TIE,
    active: found.overlap.all,
    concept: restricted.concept,
    iou: restricted.iou,
    plainConcept: plain.concept,
    plainIou: plain.iou,
    shuffled: chance.map((one) => best(restrictedIou(one.labels, one.overlap)).iou),
    top,
  };
}

/** What a unit whose activations fit into memory stands for. @param activations one for each place of the labels */
export function dissectUnit(
  unit: number,
  activations: Float32Array,
  labels: Labels,
  shuffled: readonly Labels[],
  share = SHARE,
): UnitFinding {
  const cut = threshold(activations.slice().sort(), share);
  const on = mask(activations, cut);
  return judge(
    unit,
    cut,
    { labels, overlap: overlap(labels, on) },
    shuffled.map((one) => ({ labels: one, overlap: overlap(one, on) })),
    largest(activations, TOP).map((place) => ({ place, activation: activations[place]! })),
  );
}

/** A layer's units together. */
export function summarise(layer: string, units: readonly UnitFinding[], shuffles: number, limit = LIMIT): LayerFinding {
  const decided = units.filter(({ undecided }) => !undecided);
  const detectors = decided.filter(({ iou }) => iou > limit);
  return {
    layer,
    units,
    undecided: units.length - decided.length,
    detectors: detectors.length,
    concepts: new Set(detectors.map(({ concept }) => concept)).size,
    shuffled: Array.from({ length: shuffles }, (_, at) => decided.filter((unit) => unit.shuffled[at]! > limit).length),
  };
}

/** A random order of 0 … n − 1 (Fisher and Yates). */
export function permutation(n: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
