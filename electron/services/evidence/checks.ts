import type { Check } from '../../../shared/contract/edits.ts';
import { forDemanded } from '../../../shared/measures.ts';
import { fillWording, questionOf, type Fact } from '../../../shared/fact.ts';
import {
  magnitude,
  mean,
  neighborMagnitude,
  neighborSuccess,
  recordOf,
  success,
  summarize,
  type CheckRecord,
  type CheckReport,
  type Measure,
  type PromptReport,
  type RecordReport,
} from '../../engine/records.ts';
import type { CheckResult } from '../../ledger/bodies.ts';
import { canonical } from '../../storage/canonical.ts';
import { checksOf } from '../edit-report.ts';
import { withoutTold } from '../telling.ts';
import { honestPairs } from './honest.ts';
import type { Pair } from './pairs.ts';

/** Whether each check passed follows from its value and its threshold. */
export function passedPairs(checks: readonly CheckResult[]): Pair[] {
  return [
    {
      what: 'which checks passed, and their values beside what was demanded,',
      one: checks.map(({ passed }) => passed ?? null),
      other: checks.map(({ value, threshold }) => (threshold === undefined ? null : value >= threshold)),
    },
  ];
}

/** Checks that were made apart from an edit follow from their report. */
export function checkReportPairs(checks: readonly CheckResult[], report: CheckReport): Pair[] {
  const { summary, S } = summarize(report.records);
  // Other releases take other measures.
  const measured = new Map(checksOf(report, undefined, NONE).map((check) => [check.name as string, check]));
  const missing = [...measured.keys()].filter((name) => isTaken(name, checks) && !checks.some((check) => check.name === name));
  return [
    { what: 'the checks of the entry, and all that its report has,', one: missing, other: [] },
    {
      what: 'the checks of the entry and of its report',
      one: withoutDemands(checks),
      other: withoutDemands(checks.flatMap(({ name }) => measured.get(name) ?? [])),
    },
    { what: 'the averages of the report and its cases', one: [report.summary, report.S], other: [summary, S] },
    ...report.records.flatMap(casePairs),
    ...honestPairs(
      report.honest,
      report.records.map(({ fact }) => fact),
      checks,
      false,
    ),
    ...passedPairs(checks),
  ];
}

/** A measure of one record, as its cases have it; undefined where they do not tell. */
const FROM_CASES: Readonly<Partial<Record<Measure, (record: RecordReport) => number | undefined>>> = {
  ES: ({ rewrite }) => success(both([rewrite])),
  PS: ({ paraphrases }) => success(both(paraphrases)),
  NS: ({ neighbors }) => neighborSuccess(both(neighbors)),
  EM: ({ rewrite }) => magnitude(both([rewrite])),
  PM: ({ paraphrases }) => magnitude(both(paraphrases)),
  NM: ({ neighbors }) => neighborMagnitude(both(neighbors)),
  rewriteAccuracy: ({ rewrite }) => correct([rewrite]),
  paraphraseAccuracy: ({ paraphrases }) => correct(paraphrases),
  rewriteTokenAccuracy: ({ rewrite }) => tokens([rewrite]),
  paraphraseTokenAccuracy: ({ paraphrases }) => tokens(paraphrases),
  neighborsKept: ({ neighbors }) => kept(neighbors),
  subjectKept: ({ sameSubject = [] }) => kept(sameSubject),
  neighborsUnchanged: ({ neighbors }) => mean(neighbors.flatMap(({ unchanged }) => (unchanged === undefined ? [] : [Number(unchanged)]))),
};
type Prompts = readonly PromptReport[];
const both = (prompts: Prompts) =>
  prompts.flatMap(({ wanted, previous }) => (wanted && previous ? [{ wanted: wanted.nll, previous: previous.nll }] : []));
const correct = (prompts: Prompts) => mean(prompts.flatMap(({ wanted }) => (wanted ? [Number(wanted.correct)] : [])));
const tokens = (prompts: Prompts) => mean(prompts.flatMap(({ wanted }) => (wanted ? [wanted.tokenAccuracy] : [])));
const kept = (prompts: Prompts) => mean(prompts.flatMap(({ outcome }) => (outcome ? [Number(outcome.fate !== 'lost')] : [])));

/** The measures of a record and its cases, and what was asked of its fact. */
function casePairs(record: RecordReport): Pair[] {
  const { measures, fact, rewrite } = record;
  const apart = (Object.entries(FROM_CASES) as [Measure, (record: RecordReport) => number | undefined][]).filter(([name, of]) => {
    const [told, found] = [measures[name], of(record)];
    return told !== undefined && found !== undefined && Math.abs(told - found) > 1e-9;
  });
  return [
    { what: 'the measures of a record and its cases', one: apart.map(([name]) => name), other: [] },
    { what: 'the prompt of a record and that of its fact', one: rewrite.prompt, other: fillWording(fact.prompt, fact.subject) },
  ];
}

/**
 * The prompts of a report are those of the facts in force, by whatever they are checked, but for what their edits were told of; earlier
 * releases asked that too.
 */
export function promptPairs({ records }: CheckReport, facts: readonly Fact[]): Pair[] {
  const prompts = (of: Prompts) => of.map(({ prompt }) => prompt);
  const asking = (asked: readonly CheckRecord[]) =>
    new Map(
      asked.map(({ paraphrases, neighbors, sameSubject }, at) => [
        questionOf(facts[at]!),
        [paraphrases, prompts(neighbors), prompts(sameSubject)],
      ]),
    );
  const whole = facts.map((fact) => recordOf(fact, ''));
  const [counted, all] = [asking(withoutTold(whole, facts).records), asking(whole)];
  const known = records.filter(({ fact }) => all.has(questionOf(fact)));
  const one = known.map(({ paraphrases, neighbors, sameSubject = [] }) => [prompts(paraphrases), prompts(neighbors), prompts(sameSubject)]);
  const of = (asked: typeof all) => known.map(({ fact }) => asked.get(questionOf(fact)));
  const isEarlier = canonical(one) === canonical(of(all));
  return [{ what: 'the prompts of the report and those that its facts are checked by', one, other: isEarlier ? of(all) : of(counted) }];
}

/** Measures that later releases began to take, in turn; all others were always taken. */
const SINCE: readonly (readonly string[])[] = [['wordings', 'kept'], ['perplexity'], ['subject']];

/** Whether the release that made these checks takes a measure, by what they have besides. */
function isTaken(name: string, checks: readonly CheckResult[]): boolean {
  const since = SINCE.findIndex((names) => names.includes(name));
  const latest = SINCE.findLastIndex((names) => checks.some((check) => names.includes(check.name)));
  return since <= latest;
}

/** What was demanded is told by the checks alone. */
const NONE = forDemanded(() => 0);

function withoutDemands(checks: readonly (Check | CheckResult)[]) {
  return checks.map(({ name, value, before, count }) => ({ name, value, before, count }));
}
