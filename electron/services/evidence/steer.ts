import type { EntryOf } from '../../ledger/entries.ts';
import { readSteeringReport } from '../library-steerings.ts';
import { checksOfSteering } from '../steering-shelf.ts';
import type { Surroundings } from './others.ts';
import { passedPairs } from './checks.ts';
import type { Pair } from './pairs.ts';

/** Every two places that state the same of a steering: its entry, and the report on how it was fitted. */
export async function steerPairs({ body }: EntryOf<'steer'>, { ledger }: Surroundings): Promise<Pair[]> {
  const made = await readSteeringReport(ledger, body.evidence['report']);
  const { outcome, title } = made;
  const settings = outcome.settings.map(({ key, name, value, source }) => [key, { name, value, source }] as const);
  return [
    { what: 'the method of the entry and of its report', one: body.method, other: outcome.method },
    { what: 'the title of the entry and of its report', one: body.title, other: title },
    { what: 'the hyperparameters of the entry and of its report', one: body.hyperparameters, other: Object.fromEntries(settings) },
    { what: 'the checks of the entry and of its report', one: body.checks, other: checksOfSteering(made) },
    { what: 'the parts of the steering in the entry and in its report', one: body.details['parts'], other: outcome.parts },
    ...(body.delta
      ? [
          {
            what: 'the changed tensors of the entry and of its report',
            one: hashes(body.changed.map(({ tensor, after }) => [tensor, after])),
            other: hashes(outcome.weights.map(({ tensor, sha256After }) => [tensor, sha256After])),
          },
        ]
      : []),
    ...passedPairs(body.checks),
  ];
}

function hashes(list: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  return [...list].sort(([a], [b]) => (a < b ? -1 : 1));
}
