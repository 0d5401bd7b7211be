import { checkpointHash, isLinked, type Checkpoint } from './checkpoints.ts';
import type { Anchor } from './anchor.ts';
import type { Damage } from './scan.ts';

/**
 * What is missing from a ledger's chain of checkpoints. Each names the one before; the first is of the entry from which on the record is
 * anchored, and the newest is the one that the anchor names, or comes after it.
 * @param checkpoints those that lie in the ledger's folder and could be read
 * @param newest what the anchor says of the newest; undefined without an anchor
 */
export function missingLinks(checkpoints: readonly Checkpoint[], newest: Anchor['checkpoint'] | undefined): Damage[] {
  const linked = checkpoints.filter(isLinked).sort((a, b) => a.seq - b.seq);
  const byHash = new Map(linked.map((one) => [checkpointHash(one), one]));
  const missing: Damage[] = [];
  const miss = (seq: number, message: string) => missing.push({ seq, offset: undefined, what: 'checkpoint', message });
  if (newest && !byHash.has(newest.sha256))
    miss(newest.seq, `The checkpoint at entry ${newest.seq}, which the anchor names, is missing or was replaced.`);
  // Where a person let a record be anchored anew, what came before that has chains of its own.
  const since = linked.at(-1)?.since;
  for (const one of linked.filter((each) => each.since === since)) {
    if (one.previous === null) {
      if (one.seq !== since)
        miss(since!, `The first checkpoint, of entry ${since}, is missing: that at entry ${one.seq} names none before it.`);
    } else if (!byHash.has(one.previous)) miss(one.seq, `The checkpoint before the one at entry ${one.seq} is missing.`);
  }
  return missing;
}
