import * as v from 'valibot';
import type { Recipe } from '../../shared/contract/edits.ts';
import type { Fact } from '../../shared/fact.ts';
import { divided, ToldSchema } from '../../shared/told.ts';
import type { CheckReport } from '../engine/records.ts';
import { recordOf, type CheckRecord } from '../engine/records.ts';
import type { ModelRef } from '../engine/jobs.ts';
import type { JobControl } from './job-list.ts';
import type { JobRunner } from './jobs.ts';

type Asked = Omit<Recipe, 'fluency' | 'honest'>;

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

/** What is measured beside a fact and counts in no score: what the edit was told of, what may follow from the fact. */
export interface Aside {
  /** The place of the fact. */
  readonly at: number;
  readonly what: 'told' | 'follows';
  readonly record: CheckRecord;
}

/** Records of their own for all that stands beside facts. */
export function asides(facts: readonly Fact[]): Aside[] {
  return facts.flatMap(({ told, follows = [], generationPrompts: _, ...fact }, at): Aside[] => {
    const apart = (what: Aside['what'], lists: Pick<Fact, 'paraphrases' | 'neighbors' | 'sameSubject'>): Aside => ({
      at,
      what,
      record: recordOf({ ...fact, ...lists }, `${at} ${what}`),
    });
    return [
      ...(told === undefined
        ? []
        : [apart('told', { sameSubject: told.sameSubject ?? [], paraphrases: told.wordings, neighbors: told.neighbors })]),
      ...(follows.length === 0 ? [] : [apart('follows', { sameSubject: follows, paraphrases: [], neighbors: [] })]),
    ];
  });
}

/** A check of facts and of what stands beside them: of the facts alone, and by the place of a fact what stands beside it. */
export function apart(report: CheckReport, facts: number, beside: readonly Aside[]) {
  const of = (what: Aside['what']) =>
    new Map(beside.flatMap((one, n) => (one.what === what ? [[one.at, report.records[facts + n]!] as const] : [])));
  return { own: { ...report, records: report.records.slice(0, facts) }, beside: { told: of('told'), follows: of('follows') } };
}
