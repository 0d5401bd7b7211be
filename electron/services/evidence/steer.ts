import type { EntryOf } from '../../ledger/entries.ts';
import { SteeringDataSchema } from '../../../shared/steering/data.ts';
import { checksOfSteering, SteeringReportSchema, steeringSettings } from '../steering-shelf.ts';
import { readBlob } from './blobs.ts';
import type { Surroundings } from './others.ts';
import type { Pair } from './pairs.ts';

/** A steering: its entry says what its report says. */
export async function steerPairs({ body }: EntryOf<'steer'>, { blobs }: Surroundings): Promise<Pair[]> {
  const report = await readBlob(blobs, body.evidence['report'], 'report', SteeringReportSchema);
  const { outcome, title } = report;
  const data = body.data && (await readBlob(blobs, body.data, 'data', SteeringDataSchema));
  return [
    { what: 'the method of the steering and of its report', one: body.method, other: outcome.method },
    { what: 'what the steering and its report say that it does', one: body.title, other: title },
    // The title names it; that of one from a file is the file's own words.
    ...(data ? [{ what: 'what the steering says that it was fitted on, and that', one: title.includes(data.source), other: true }] : []),
    { what: 'the settings of the steering and of its report', one: body.hyperparameters, other: steeringSettings(outcome) },
    { what: 'the parts of the steering and of its report', one: body.details['parts'], other: outcome.parts },
    { what: 'the checks of the steering and of its report', one: body.checks, other: checksOfSteering(report) },
    {
      what: 'the changed tensors of the steering and of its report',
      one: body.changed.map(({ tensor, after }) => [tensor, after]),
      other: outcome.weights.map((weight) => [weight.tensor, weight.sha256After]).sort(([a], [b]) => (a! < b! ? -1 : 1)),
    },
  ];
}
