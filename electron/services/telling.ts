import * as v from 'valibot';
import type { Recipe } from '../../shared/contract/edits.ts';
import { fillWording, type Fact, wordingsOf } from '../../shared/fact.ts';
import { isAboutAny } from '../../shared/subject-words.ts';
import { divided, setApart, toldNeighbors, ToldSchema, toldSubjects } from '../../shared/told.ts';
import type { CheckReport } from '../engine/records.ts';
import { recordOf, type CheckRecord } from '../engine/records.ts';
import type { ModelRef } from '../engine/jobs.ts';
import type { JobControl } from './job-list.ts';
import type { JobRunner } from './jobs.ts';
import type { Taught } from './suggest.ts';
import { withBackground } from './suggesting/background.ts';

type Asked = Omit<Recipe, 'fluency' | 'honest'>;

/** What an edit knows of other subjects: the model's own facts, and facts of edits in force. */
interface Others {
  readonly taught: Taught | undefined;
  readonly earlier: readonly Fact[];
}

/** The facts as an edit with these settings gets them: what it is told of stands apart from what checks it. */
export async function toldTo(
  engine: JobRunner,
  on: { readonly model: ModelRef; readonly name: string },
  facts: readonly Fact[],
  asked: Asked,
  { taught, earlier }: Others,
  control: JobControl,
): Promise<Fact[]> {
  const { told, ownFactor, background, together } = await chosen(engine, on, asked, control);
  const all = withBackground(
    facts.map((fact) => divided(fact, told, ownFactor > 0)),
    background,
    taught,
    earlier,
  );
  // What earlier facts tell is held where they are solved together with these; where nothing is to be told, other subjects alone are.
  const held =
    told === 'nothing' ? earlier.map((fact) => (fact.told ? { ...fact, told: { ...fact.told, neighbors: [] } } : fact)) : earlier;
  return setApart(all, together ? held : []);
}

/** What of it the settings say; a method that has no such setting is told nothing. */
const ChosenSchema = v.object({
  told: v.optional(ToldSchema, 'nothing'),
  ownFactor: v.optional(v.pipe(v.string(), v.transform(Number)), '0'),
  background: v.optional(v.pipe(v.string(), v.transform(Number)), '0'),
  together: v.pipe(
    v.optional(v.string()),
    v.transform((value) => value === 'true'),
  ),
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
      ...(told === undefined || isBackgroundAlone(told)
        ? []
        : [apart('told', { sameSubject: told.sameSubject ?? [], paraphrases: told.wordings, neighbors: toldNeighbors(told) })]),
      ...(follows.length === 0 ? [] : [apart('follows', { sameSubject: follows, paraphrases: [], neighbors: [] })]),
    ];
  });
}

/** Whether nothing was told that is measured. */
function isBackgroundAlone(told: NonNullable<Fact['told']>): boolean {
  return told.background !== undefined && told.wordings.length + toldNeighbors(told).length + (told.sameSubject?.length ?? 0) === 0;
}

/**
 * What records can be checked by on a version: not by neighbours about subjects that its edits were told of, and not by wordings that were
 * written too, as those prove nothing.
 * @param written the facts of the version's edits
 */
export function withoutTold(
  records: readonly CheckRecord[],
  written: readonly Fact[],
): { readonly records: readonly CheckRecord[]; readonly leftOut: number } {
  const told = toldSubjects(written);
  const wordings = new Set(written.flatMap(({ subject, told: own }) => (own?.wordings ?? []).map((one) => fillWording(one, subject))));
  const left = records.map((record) => {
    const asked = wordingsOf({ ...record.fact, paraphrases: [...record.paraphrases] });
    return {
      ...record,
      paraphrases: record.paraphrases.filter((one) => !wordings.has(one)),
      neighbors: record.neighbors.filter(({ prompt }) => !isAboutAny(prompt, told, asked)),
    };
  });
  return { records: left, leftOut: promptsOf(records) - promptsOf(left) };
}

/** How many prompts of facts in force a check of some of them did not ask. @param records what it asked */
export function leftOutOf(records: readonly (Pick<CheckRecord, 'fact'> & Prompts)[], inForce: readonly Fact[]): number {
  const named = ({ subject, prompt, target }: Pick<Fact, 'subject' | 'prompt' | 'target'>) => JSON.stringify([subject, prompt, target]);
  const asked = new Set(records.map(({ fact }) => named(fact)));
  const whole = inForce.filter((fact) => asked.has(named(fact))).map((fact) => recordOf(fact, ''));
  return Math.max(0, promptsOf(whole) - promptsOf(records));
}

/** The prompts that an edit may have been told of. */
interface Prompts {
  readonly neighbors: readonly unknown[];
  readonly paraphrases: readonly unknown[];
}

function promptsOf(records: readonly Prompts[]): number {
  return records.reduce((sum, one) => sum + one.neighbors.length + one.paraphrases.length, 0);
}

/** A check of facts and of what stands beside them: of the facts alone, and by the place of a fact what stands beside it. */
export function apart(report: CheckReport, facts: number, beside: readonly Aside[]) {
  const of = (what: Aside['what']) =>
    new Map(beside.flatMap((one, n) => (one.what === what ? [[one.at, report.records[facts + n]!] as const] : [])));
  return { own: { ...report, records: report.records.slice(0, facts) }, beside: { told: of('told'), follows: of('follows') } };
}
