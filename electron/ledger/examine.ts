import { EmendError } from '../../shared/errors.ts';
import type { Entry } from './entries.ts';
import { History } from './history.ts';
import { scan, type Damage, type Scan } from './scan.ts';

/** A journal as read: its entries, what is wrong with them, and the history that they come to. */
export interface Examined extends Scan {
  /** Of the entries before the first damage. */
  readonly history: History;
}

/** What a journal should be, as its place tells. */
export interface Expected {
  /** A ledger that is being made has no entry yet; any other begins with an import. */
  readonly mayBeEmpty?: boolean;
  /** What the model's id begins with: the name of the folder that the record lies in. */
  readonly id?: string | undefined;
}

/** Reads a journal's bytes. Changes nothing; whatever is wrong is in `damage` and `torn`. */
export function examine(bytes: Uint8Array, { mayBeEmpty = true, id }: Expected = {}): Examined {
  const found = scan(bytes);
  const history = new History();
  const first = found.damage[0]?.seq ?? Infinity;
  const wrong = found.entries
    .filter((entry) => entry.seq < first)
    .reduce<Damage | undefined>((before, entry) => before ?? follow(history, entry), undefined);
  const misplaced = misplacement(found, history, mayBeEmpty, id);
  const damage = [...(misplaced ? [misplaced] : []), ...(wrong ? [wrong] : []), ...found.damage];
  if (damage[0]) history.stopAt(damage[0].message);
  return { ...found, damage, history };
}

function misplacement({ entries, torn, damage }: Scan, history: History, mayBeEmpty: boolean, id: string | undefined): Damage | undefined {
  const at = (what: Damage['what'], message: string): Damage => ({ seq: 1, offset: undefined, what, message });
  if (!mayBeEmpty && entries.length === 0 && damage.length === 0 && !torn)
    return at('missing', 'The journal holds no entry; a record begins with an import.');
  if (id === undefined || history.isEmpty || history.current.model.startsWith(id)) return undefined;
  return at('version', `The record is of model ${history.current.model}, and lies in the place of a model whose id begins with ${id}.`);
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
