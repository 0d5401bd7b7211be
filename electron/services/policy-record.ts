import { EmendError } from '../../shared/errors.ts';
import { askedBy, isSameAsked } from '../../shared/policy.ts';
import type { LibraryModel } from './library-model.ts';
import { askedIn } from './policy.ts';
import type { Preferences } from './preferences.ts';

/** What lists the models of a library. */
interface ManyModels {
  list(): Promise<{ readonly models: readonly LibraryModel[] }>;
}

/** Has a record say what is asked of versions before they leave, where it says otherwise. @returns whether it had to */
export async function recordPolicy(model: LibraryModel, preferences: Preferences): Promise<boolean> {
  const asks = askedBy(preferences.settings);
  if (isSameAsked(asks, askedIn(model.ledger))) return false;
  await model.append('policy', { asks, details: {} }, preferences.by(''));
  return true;
}

/**
 * Has every record say it that can be written to. The others, such as one that another program holds, say it when they are opened for
 * writing next, and before an export at the latest.
 * @returns ids of the models whose records had to
 */
export async function recordPolicyEverywhere(library: ManyModels, preferences: Preferences): Promise<string[]> {
  const told: string[] = [];
  for (const model of (await library.list()).models)
    try {
      if (await recordPolicy(model, preferences)) told.push(model.id);
    } catch (error) {
      if (!(error instanceof EmendError)) throw error;
    }
  return told;
}

/**
 * Has a record that was just opened say it, if it can be written to: the program may have been ended before it did, the settings file may
 * have been changed by hand, and a model may be new. A record that is not anchored is left alone: whoever anchors it looks it over first.
 */
export async function catchUpPolicy(model: LibraryModel, preferences: Preferences): Promise<void> {
  if (!model.ledger.anchored) return;
  const isNew = model.ledger.entries.length <= 1;
  try {
    if ((await recordPolicy(model, preferences)) && !isNew)
      model.tell({
        what: 'policy',
        message: `The policy of exports that is in force was not in the record; entry ${model.ledger.head.seq} has it now.`,
        hint: 'Emend was ended while it changed, another program held the record, or the settings file was changed by hand. Look it over.',
      });
  } catch (error) {
    if (!(error instanceof EmendError)) throw error; // the next opening, or the next export, has the record say it
  }
}
