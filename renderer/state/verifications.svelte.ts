import type { Verification } from '../../shared/contract/audit.ts';
import type { ModelCard } from '../../shared/contract/library.ts';
import { later, trustOf, type Outcome, type Trust } from '../../shared/trust.ts';

/** What this window found on verifying; a record that is read only takes no entry of it. */
class Verifications {
  #found = $state.raw<ReadonlyMap<string, Verification>>(new Map());

  of(model: string): Verification | undefined {
    return this.#found.get(model);
  }

  keep(model: string, found: Verification): void {
    this.#found = new Map([...this.#found, [model, found]]);
  }
}

export const verifications = new Verifications();

/** How the record of a model stands, the same wherever it is shown. */
export function trustIn(model: ModelCard): Trust {
  const found = verifications.of(model.id);
  return trustOf(model, later(model.verified, found && outcomeOf(found)));
}

function outcomeOf({ ok, verdict, head, time, first }: Verification): Outcome {
  const told = first && { ...(first.entry === undefined ? {} : { entry: first.entry }), message: first.message };
  return { ok, verdict, covers: head?.seq ?? 0, time, ...(told ? { first: told } : {}) };
}
