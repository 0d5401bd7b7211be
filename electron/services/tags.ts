import { EmendError } from '../../shared/errors.ts';
import { foldedName } from '../../shared/folded-name.ts';
import { shortId } from '../../shared/ids.ts';
import type { EntryOf } from '../ledger/entries.ts';
import type { BodyInput } from '../ledger/kinds/index.ts';
import type { Act, By, Ledger } from '../ledger/ledger.ts';
import type { LibraryModel } from './library-model.ts';

/** Refuses a name that people would take for one that stands for another version. @throws EmendError 'bad-input' */
export function mustReadUnlikeOthers(ledger: Ledger, tag: string): void {
  const folded = foldedName(tag);
  const alike = [...ledger.history.tags].find(([other]) => other !== tag && foldedName(other) === folded);
  if (!alike) return;
  const [other, version] = alike;
  throw new EmendError(
    'bad-input',
    `The name ${JSON.stringify(tag)} reads like ${JSON.stringify(other)}, which stands for version ${shortId(version)}.`,
    'Choose another name; names are never moved.',
    { name: tag, version },
  );
}

/**
 * Records what makes a version, and with it a name for that version where one is given: as one act, so that none stands without the other.
 * @param named the name, '' for none, and the version
 */
export async function appendNamed<K extends 'edit' | 'steer'>(
  model: LibraryModel,
  kind: K,
  input: BodyInput<K>,
  by: By,
  { tag: name, version }: { readonly tag: string; readonly version: string },
): Promise<EntryOf<K>> {
  if (name === '') return model.append(kind, input, by);
  const { ledger } = model;
  mustReadUnlikeOthers(ledger, name);
  const [entry] = await model.appendAll([
    { kind, input: { ...input, until: ledger.head.seq + 2 }, by } as Act, // of one kind, as it was given
    { kind: 'tag', input: { name, version }, by: { ...by, reason: '' } },
  ]);
  return entry as EntryOf<K>;
}
