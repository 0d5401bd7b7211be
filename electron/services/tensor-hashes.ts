import { makesVersion, type Entry } from '../ledger/entries.ts';
import type { ChangedTensor } from '../ledger/bodies.ts';

/** What the ledger says the tensors of each version hash to. */
export interface TensorHashes {
  /** As imported, of every tensor that was ever changed. */
  readonly base: ReadonlyMap<string, string>;
  /** By version: tensors that differ from the import, or did so once. A version that no entry tells of is not there. */
  readonly versions: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Folds the entries of a ledger: each act that makes a version says which tensors it changed. */
export function tensorHashes(entries: readonly Entry[]): TensorHashes {
  const base = new Map<string, string>();
  const versions = new Map<string, ReadonlyMap<string, string>>();
  for (const { body } of entries.filter(makesVersion)) {
    if (!('parent' in body)) {
      versions.set(body.version, new Map());
      continue;
    }
    const before = versions.get(body.parent);
    if (!before) continue; // behind damage in the journal
    for (const { tensor, before: hash } of body.changed) if (!base.has(tensor) && !before.has(tensor)) base.set(tensor, hash);
    versions.set(body.version, new Map([...before, ...body.changed.map(({ tensor, after }) => [tensor, after] as const)]));
  }
  return { base, versions };
}

/** What changes between two versions, as entries record it. */
export function changedBetween(hashes: TensorHashes, from: string, to: string): ChangedTensor[] {
  const [before, after] = [hashes.versions.get(from), hashes.versions.get(to)];
  const names = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])]);
  return [...names].sort().flatMap((tensor) => {
    const [a, b] = [before?.get(tensor) ?? hashes.base.get(tensor)!, after?.get(tensor) ?? hashes.base.get(tensor)!];
    return a === b ? [] : [{ tensor, before: a, after: b }];
  });
}
