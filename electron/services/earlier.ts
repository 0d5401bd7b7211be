import type { EditReport } from '../../shared/contract/edits.ts';
import { type Fact, questionOf } from '../../shared/fact.ts';
import { type CheckRecord, type CheckReport, recordOf } from '../engine/records.ts';
import { fallen, holds } from './fallen.ts';
import type { WrittenFact } from './library-record.ts';
import type { ModelVersion } from './model.ts';

/** Of more facts of earlier edits so many are measured, evenly taken. */
export const EARLIER_MEASURED = 200;

/** Facts of earlier edits as records to measure, and how many there are in all. */
export interface Earlier {
  readonly facts: readonly WrittenFact[];
  readonly records: readonly CheckRecord[];
  readonly inForce: number;
}

/** The facts that a version's edits wrote, less those that new facts replace. */
export function earlierFacts(version: ModelVersion, facts: readonly Fact[]): Earlier {
  const standing = standingFacts([...version.written()].reverse(), facts);
  const some = someOf(standing);
  return { facts: some, records: some.map((fact) => recordOf(fact, `entry ${fact.entry}`)), inForce: standing.length };
}

/** Those of facts that others do not replace. */
export function standingFacts<F extends Question>(written: readonly F[], facts: readonly Question[]): F[] {
  const replaced = new Set(facts.map(questionOf));
  return written.filter((fact) => !replaced.has(questionOf(fact)));
}
type Question = Pick<Fact, 'subject' | 'prompt'>;

/** Those of them that are measured. */
export function someOf<F>(standing: readonly F[]): F[] {
  const every = Math.ceil(standing.length / EARLIER_MEASURED) || 1;
  return standing.filter((_, at) => at % every === 0);
}

/** What became of them, for the report of the edit; undefined where there were none. */
export function earlierOutcome({ facts, inForce }: Earlier, before: CheckReport, after: CheckReport): EditReport['earlier'] {
  if (inForce === 0) return undefined;
  const held = facts.map((_, at) => holds(before.records[at]!));
  return {
    inForce,
    measured: facts.length,
    held: held.filter(Boolean).length,
    fell: facts.flatMap(({ entry }, at) => {
      const record = after.records[at]!;
      return held[at] && !holds(record) ? [fallen(record.fact, record.answer, entry)] : [];
    }),
  };
}
