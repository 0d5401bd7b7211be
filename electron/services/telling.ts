import * as v from 'valibot';
import type { Recipe } from '../../shared/contract/edits.ts';
import type { Fact } from '../../shared/fact.ts';
import { divided, ToldSchema } from '../../shared/told.ts';
import type { CheckReport } from '../engine/records.ts';
import { recordOf, type CheckRecord } from '../engine/records.ts';
import type { ModelRef } from '../engine/jobs.ts';
import type { JobControl } from './job-list.ts';
import type { JobRunner } from './jobs.ts';

type Asked = Omit<Recipe, 'fluency'>;

/** The facts as an edit with these settings gets them: what it is told of stands apart from what checks it. */
export async function toldTo(
  engine: JobRunner,
  on: { readonly model: ModelRef; readonly name: string },
  facts: readonly Fact[],
  asked: Asked,
  control: JobControl,
): Promise<Fact[]> {
  const { told, ownFactor } = await chosen(engine, on, asked, control);
  return facts.map((fact) => divided(fact, told, ownFactor > 0));
}

/** What of it the settings say; a method that has no such setting is told nothing. */
const ChosenSchema = v.object({
  told: v.optional(ToldSchema, 'nothing'),
  ownFactor: v.optional(v.pipe(v.string(), v.transform(Number)), '0'),
});

async function chosen(engine: JobRunner, on: { model: ModelRef; name: string }, asked: Asked, control: JobControl) {
  const { method, choices, hyperparameterFile } = asked;
  const { settings } = await engine.run('settings', { ...on, method, choices, hyperparameterFile }, control);
  return v.parse(ChosenSchema, Object.fromEntries(settings.map(({ key, value }) => [key, value])));
}

/** What facts tell an edit, as records to be measured apart; facts that tell nothing have none. */
export function toldRecords(facts: readonly Fact[]): { readonly at: number; readonly record: CheckRecord }[] {
  return facts.flatMap(({ told, generationPrompts: _, ...fact }, at) =>
    told === undefined
      ? []
      : [
          {
            at,
            record: recordOf(
              { ...fact, sameSubject: told.sameSubject ?? [], paraphrases: told.wordings, neighbors: told.neighbors },
              `${at} told`,
            ),
          },
        ],
  );
}

/** A check of facts and of what they tell, as two: of the facts alone, and by fact what was told. */
export function apart(report: CheckReport, facts: number, told: readonly { readonly at: number }[]) {
  const records = report.records.slice(0, facts);
  const byFact = new Map(told.map(({ at }, n) => [at, report.records[facts + n]!]));
  return { own: { ...report, records }, told: byFact };
}
