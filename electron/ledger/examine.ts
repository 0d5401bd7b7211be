import { EmendError } from '../../shared/errors.ts';
import type { Entry } from './entries.ts';
import { History } from './history.ts';
import { scan, type Damage, type Scan } from './scan.ts';

/** A journal as read: its entries, what is wrong with them, and the history that they come to. */
export interface Examined extends Scan {
  /** Of the entries before the first damage. */
  readonly history: History;
}

/** Reads a journal's bytes. Changes nothing; whatever is wrong is in `damage` and `torn`. */
export function examine(bytes: Uint8Array): Examined {
  const found = scan(bytes);
  const history = new History();
  const first = found.damage[0]?.seq ?? Infinity;
  const wrong = found.entries
    .filter((entry) => entry.seq < first)
    .reduce<Damage | undefined>((before, entry) => before ?? follow(history, entry), undefined);
  const damage = wrong ? [wrong, ...found.damage] : found.damage;
  if (damage[0]) history.stopAt(damage[0].message);
  return { ...found, damage, history };
}

function follow(history: History, entry: Entry): Damage | undefined {
  try {
    history.check(entry);
  } catch (error) {
    if (!(error instanceof EmendError)) throw error;
    return {
      seq: entry.seq,
      offset: undefined,
      what: 'version',
      message: `Entry ${entry.seq} cannot follow the ones before it: ${error.message}`,
    };
  }
  history.apply(entry);
  return undefined;
}
