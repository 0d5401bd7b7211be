import { EmendError } from '../../shared/errors.ts';
import { askedBy, isSameAsked } from '../../shared/policy.ts';
import type { Library } from './library.ts';
import type { LibraryModel } from './library-model.ts';
import { askedIn } from './policy.ts';
import type { Preferences } from './preferences.ts';

/** Has a record say what is asked of versions before they leave, where it says otherwise. @returns whether it had to */
export async function recordPolicy(model: LibraryModel, preferences: Preferences): Promise<boolean> {
  const asks = askedBy(preferences.settings);
  if (isSameAsked(asks, askedIn(model.ledger))) return false;
  await model.append('policy', { asks, details: {} }, preferences.by(''));
  return true;
}

/**
 * Has every record say it that can be written to. The others, such as one that another program holds, say it before their next export.
 * @returns ids of the models whose records had to
 */
export async function recordPolicyEverywhere(library: Library, preferences: Preferences): Promise<string[]> {
  const told: string[] = [];
  for (const model of (await library.list()).models)
    try {
      if (await recordPolicy(model, preferences)) told.push(model.id);
    } catch (error) {
      if (!(error instanceof EmendError)) throw error;
    }
  return told;
}
