import type { Dissected, UnitRow } from '../../../shared/contract/dissecting.ts';

export type Sort = 'iou' | 'unit' | 'concept' | 'chance';

/** "subject: city" */
export function conceptName({ category, name }: { readonly category: string; readonly name: string }): string {
  return `${category}: ${name}`;
}

/** A token with what is invisible in it. */
export function visible(token: string): string {
  return token.replaceAll('\n', '↵').replace(/^ /, '·').replace(/ $/, '·').replaceAll('\t', '⇥');
}

/** Units in the order asked for; the better one first among equals. */
export function sorted(units: readonly UnitRow[], by: Sort, { layers, concepts }: Pick<Dissected, 'layers' | 'concepts'>): UnitRow[] {
  const place = new Map(layers.map(({ layer }, at) => [layer, at]));
  const name = (unit: UnitRow) => conceptName(concepts[unit.concept]!);
  const orders: Record<Sort, (a: UnitRow, b: UnitRow) => number> = {
    iou: (a, b) => b.iou - a.iou,
    unit: (a, b) => place.get(a.layer)! - place.get(b.layer)! || a.unit - b.unit,
    concept: (a, b) => name(a).localeCompare(name(b)) || b.iou - a.iou,
    chance: (a, b) => b.chance - a.chance || b.iou - a.iou,
  };
  return [...units].sort(orders[by]);
}

/** Layers as they were written: "0, 3,4". Undefined for none; null where it is something else. */
export function layersWritten(text: string): number[] | undefined | null {
  if (text.trim() === '') return undefined;
  const parts = text.split(',').map((part) => part.trim());
  return parts.every((part) => /^\d{1,4}$/.test(part)) ? parts.map(Number) : null;
}
