import { EmendError } from '../../shared/errors.ts';
import type { LookName } from '../../shared/looks.ts';
import { hashOf } from '../storage/hash.ts';
import { plain } from './plain.ts';

/** Something that was found in a version, as it would be recorded. */
export interface Found {
  readonly look: LookName;
  /** Ids. */
  readonly model: string;
  readonly version: string;
  /** What was asked for. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly result: object;
}

/** Findings that are kept. */
const KEPT = 30;

/** What was found last: as long as it is here it can be recorded, without trusting a page with it. */
export class FoundLately {
  readonly #found = new Map<string, Found>();

  /** @param id what it is called; what was asked for, as a hash, when left out. @returns that */
  keep(found: Found, id: string = idOf(found)): string {
    this.#found.delete(id);
    this.#found.set(id, found);
    for (const old of [...this.#found.keys()].slice(0, -KEPT)) this.#found.delete(old);
    return id;
  }

  /** @throws EmendError 'not-found' for what is no longer kept, or was found in another model */
  get(id: string, model: string): Found {
    const found = this.#found.get(id);
    if (found?.model === model) return found;
    throw new EmendError(
      'not-found',
      `This finding of the model is no longer kept; the last ${KEPT} are, until Emend ends.`,
      'Look again, and record it then.',
      { finding: id },
    );
  }
}

/** The same for the same question to the same version. */
function idOf({ look, model, version, settings }: Found): string {
  return hashOf(plain({ look, model, version, settings }));
}
