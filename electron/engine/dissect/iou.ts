import type { Labels } from './labels.ts';

/** IoU above this, strictly, makes a unit a detector (Bau et al. 2017). */
export const LIMIT = 0.04;

/** A unit's mask beside the labels. */
export interface Overlap {
  /** Places that are on and carry the concept, by concept. */
  readonly intersection: Int32Array;
  /** Places that are on in documents that carry a label of the category, by category. */
  readonly active: Int32Array;
  /** Places that are on. */
  readonly all: number;
}

/** What decides which concept a unit stands for. */
export interface Best {
  /** Index of the concept; the first of those with the same IoU. */
  readonly concept: number;
  readonly iou: number;
}

/** Counts what a mask shares with the labels. @param on places that are on */
export function overlap(labels: Labels, on: ArrayLike<number>): Overlap {
  const intersection = new Int32Array(labels.concepts.length);
  const active = new Int32Array(labels.categories.length);
  for (let i = 0; i < on.length; i++) {
    const place = on[i]!;
    for (const concept of labels.at(place)) intersection[concept]!++;
    for (let category = 0; category < active.length; category++)
      if (labels.carries(category, labels.documentOf[place]!)) active[category]!++;
  }
  return { intersection, active, all: on.length };
}

/**
 * Intersection over union with each concept. The mask counts only in documents that carry a label of the concept's category
 * (paper, section 3.2; CSAILVision/NetDissect src/labelprobe.py).
 */
export function restrictedIou(
  { categoryOf, sizes }: Pick<Labels, 'categoryOf' | 'sizes'>,
  { intersection, active }: Overlap,
): Float64Array {
  return Float64Array.from(intersection, (shared, concept) => over(shared, active[categoryOf[concept]!]! + sizes[concept]! - shared));
}

/** The same with the whole mask (Bau et al. 2020). */
export function plainIou({ sizes }: Pick<Labels, 'sizes'>, { intersection, all }: Overlap): Float64Array {
  return Float64Array.from(intersection, (shared, concept) => over(shared, all + sizes[concept]! - shared));
}

/** @param ious at least one */
export function best(ious: Float64Array): Best {
  let concept = 0;
  for (let i = 1; i < ious.length; i++) if (ious[i]! > ious[concept]!) concept = i;
  return { concept, iou: ious[concept]! };
}

function over(intersection: number, union: number): number {
  return union === 0 ? 0 : intersection / union;
}
