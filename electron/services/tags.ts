import { EmendError } from '../../shared/errors.ts';
import { foldedName } from '../../shared/folded-name.ts';
import { shortId } from '../../shared/ids.ts';
import type { Ledger } from '../ledger/ledger.ts';

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
