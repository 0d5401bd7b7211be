/** Rows that are selected together, by id, and the one that a stretch is counted from. */
export interface Selection {
  readonly ids: ReadonlySet<number>;
  readonly anchor: number;
}

/** One row alone. */
export function only(id: number): Selection {
  return { ids: new Set([id]), anchor: id };
}

/** A row more, or one less; the last one stays. */
export function toggled({ ids, anchor }: Selection, id: number): Selection {
  if (!ids.has(id)) return { ids: new Set([...ids, id]), anchor: id };
  const rest = [...ids].filter((one) => one !== id);
  return rest.length === 0 ? { ids, anchor } : { ids: new Set(rest), anchor: rest.at(-1)! };
}

/** All from the anchor to a row. @param order the rows as they are shown */
export function through({ anchor }: Selection, id: number, order: readonly number[]): Selection {
  const [from, to] = [order.indexOf(anchor), order.indexOf(id)];
  if (from < 0 || to < 0) return only(id);
  return { ids: new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1)), anchor };
}

/** Every row. */
export function everything(order: readonly number[]): Selection {
  return { ids: new Set(order), anchor: order[0] ?? 0 };
}
