import { tally } from '../../../shared/checks.ts';
import type { Check, EditReport, FactReport, PromptOutcome } from '../../../shared/contract/edits.ts';
import { type Counted, isMeasure, type Measure, measureNames, MEASURES } from '../../../shared/measures.ts';
import { EDIT_METHODS } from '../../../shared/methods/list.ts';
import type { Advice } from '../../../shared/methods/method.ts';
import type { Mark } from '../figure/figure.ts';
import { reportText } from './text.ts';

/**
 * What came out of an edit, in one word. 'untested': it took, but nothing says whether it holds in other words or harmed something.
 * 'shaken': it took, and some neighbours paid for it.
 */
export type Verdict = 'good' | 'untested' | 'shaken' | 'weak' | 'harmful';

export interface Headline {
  readonly verdict: Verdict;
  readonly title: string;
  readonly text: string;
  /** What to do next, the likeliest to help first. */
  readonly advice: readonly Advice[];
}

/** The report in words: how it went and what to do about it. */
export function headline(report: EditReport): Headline {
  const { facts } = report;
  const harmful = facts.filter((fact) => fact.verdict === 'harmful');
  const weak = facts.filter((fact) => fact.verdict === 'weak');
  const missed = facts.filter((fact) => !fact.rewrite.good);
  const reach = reachOf(report);
  const failed = report.checks.filter((check) => check.passed === false).map((check) => check.name);
  const said = reportText.headline;
  if (harmful.length > 0) {
    return {
      verdict: 'harmful',
      title: said.harmful(harmful.length, facts.length),
      text: said.harmed(reach, weak.length),
      advice: adviceFor(report, { harm: 'much', weak: weak.length > 0, missed: missed.length > 0 }),
    };
  }
  if (weak.length > 0 || failed.length > 0) {
    return {
      verdict: 'weak',
      title: said.weak(weak.length, facts.length),
      text: [
        missed.length > 0
          ? said.missed(missed.length, facts.length)
          : weak.length > 0
            ? said.narrow(reach)
            : said.below(failed.map(labelOf)),
        ...(harmOf(reach) > 0 ? [said.others(reach)] : []),
      ].join(' '),
      advice: adviceFor(report, { harm: harmOf(reach) > 0 ? 'some' : 'none', weak: true, missed: missed.length > 0 }),
    };
  }
  const unasked = {
    paraphrases: facts.some((fact) => fact.paraphrases.length === 0),
    neighbors: facts.some((fact) => fact.neighbors.length === 0),
  };
  const took = said.took(facts.length);
  if (harmOf(reach) > 0) {
    return {
      verdict: 'shaken',
      title: said.shaken(took, reach),
      text: `${said.holds(reach)} ${said.others(reach)}`,
      advice: adviceFor(report, { harm: 'some', weak: false, missed: false }),
    };
  }
  if (unasked.paraphrases || unasked.neighbors) {
    return { verdict: 'untested', title: said.untested(took), text: said.unasked(unasked, facts.length), advice: [said.ask(unasked)] };
  }
  return { verdict: 'good', title: took, text: `${said.holds(reach)} ${said.others(reach)}`, advice: [] };
}

/** How far the facts of a report reach: other wordings, and neighbours by what became of them. */
export interface Reach {
  readonly facts: number;
  readonly wordings: number;
  readonly held: number;
  readonly neighbors: number;
  readonly kept: number;
  readonly shaken: number;
  readonly lost: number;
  /** Other facts about the subjects, and how many of them are answered otherwise or less surely. */
  readonly about: number;
  readonly aboutLost: number;
  readonly aboutShaken: number;
  /** Facts of earlier edits that held before and do not now. */
  readonly earlierFell: number;
  /** Whether the report compared two answers instead of asking what the model says (before 0.2). */
  readonly isCompared: boolean;
}

function reachOf({ facts, earlier }: EditReport): Reach {
  const wordings = facts.flatMap((fact) => fact.paraphrases);
  const neighbors = facts.flatMap((fact) => fact.neighbors);
  const about = facts.flatMap((fact) => fact.sameSubject ?? []);
  return {
    facts: facts.length,
    wordings: wordings.length,
    held: wordings.filter(({ good }) => good).length,
    neighbors: neighbors.length,
    ...tally(neighbors),
    about: about.length,
    aboutLost: tally(about).lost,
    aboutShaken: tally(about).shaken,
    earlierFell: earlier?.fell.length ?? 0,
    isCompared: isCompared(facts),
  };
}

/** How many prompts that should have kept their answers did not, or hardly. */
function harmOf({ lost, shaken, aboutLost, aboutShaken, earlierFell }: Reach): number {
  return lost + shaken + aboutLost + aboutShaken + earlierFell;
}

function labelOf(name: string): string {
  return isMeasure(name) ? MEASURES[name].label : name;
}

function adviceFor(
  { facts, method, hyperparameters }: EditReport,
  found: { harm: 'none' | 'some' | 'much'; weak: boolean; missed: boolean },
): Advice[] {
  const { advice: own, settings } = EDIT_METHODS[method];
  const clamp = hyperparameters.find(({ key, name }) => (key ?? name) === 'clamp')?.value;
  const many = facts.length > 1;
  const words = reportText.advice;
  const advice: Advice[] = [];
  if (found.harm !== 'none') {
    if (many && found.harm === 'much') advice.push(words.leaveOut);
    if (own.harmful) advice.push(own.harmful);
    advice.push(words.neighbours);
  }
  if (found.missed) {
    if (settings.some(({ key }) => key === 'clamp')) advice.push(words.further(clamp));
    if (own.missedOne && !many) advice.push(own.missedOne);
  } else if (found.weak) {
    advice.push(words.plainer);
    if (own.weak && found.harm === 'none') advice.push(own.weak);
  }
  if (found.weak && many && found.harm === 'none') advice.push(words.fewer);
  return advice;
}

/** A measure of the summary. */
export interface Meter {
  readonly name: string;
  readonly label: string;
  readonly meaning: string;
  /** 'share': 0 to 1, drawn as a bar. 'number': no best end. */
  readonly kind: 'share' | 'number';
  readonly value: number;
  readonly before: number | undefined;
  readonly threshold: number | undefined;
  readonly passed: boolean | undefined;
  readonly count: number | undefined;
  /** What is counted. */
  readonly counts: Counted;
}

/** Checks in the order and words of the list of measures; those that this release does not know go last, under their own names. */
export function meters(checks: readonly Check[]): Meter[] {
  const known = measureNames().flatMap((name) => checks.filter((check) => check.name === name));
  return [...known, ...checks.filter((check) => !isMeasure(check.name))].map(meterOf);
}

function meterOf({ name, value, before, threshold, passed, count }: Check): Meter {
  const values = { name, value, before, threshold, passed, count };
  if (!isMeasure(name)) return { ...values, counts: 'case', label: name, meaning: '', kind: threshold === undefined ? 'number' : 'share' };
  const { label, help, unit, counts }: Measure = MEASURES[name];
  return { ...values, counts, label, meaning: help, kind: unit === 'share' ? 'share' : 'number' };
}

export type FactFilter = 'all' | FactReport['verdict'];
export type FactOrder = 'given' | 'worst' | 'subject';

/** Facts of a report with their place in it, as the list shows them. @param search words to find in subject, prompt or answers */
export function factsShown(
  facts: readonly FactReport[],
  filter: FactFilter,
  order: FactOrder,
  search = '',
): { readonly at: number; readonly report: FactReport }[] {
  const words = search.trim().toLowerCase();
  const shown = facts
    .map((report, at) => ({ at, report }))
    .filter(
      ({ report: { verdict, fact, answerAfter = '' } }) =>
        (filter === 'all' || verdict === filter) &&
        (words === '' ||
          [fact.subject, fact.prompt, fact.target, fact.previousTarget ?? '', answerAfter].some((text) =>
            text.toLowerCase().includes(words),
          )),
    );
  if (order === 'subject') return shown.sort((a, b) => a.report.fact.subject.localeCompare(b.report.fact.subject) || a.at - b.at);
  if (order === 'worst') return shown.sort((a, b) => badness(b.report) - badness(a.report) || a.at - b.at);
  return shown;
}

/** Harmful before weak before shaken before good, and within each by the share of what is wrong. */
function badness({ verdict, rewrite, paraphrases, neighbors, sameSubject = [] }: FactReport): number {
  const wrong = (outcomes: readonly PromptOutcome[]) => outcomes.filter(({ good }) => !good).length / Math.max(1, outcomes.length);
  return (
    { harmful: 15, weak: 10, shaken: 5, good: 0 }[verdict] + wrong([rewrite]) + wrong(paraphrases) + wrong(neighbors) + wrong(sameSubject)
  );
}

export function verdictCounts(facts: readonly FactReport[]): Readonly<Record<FactFilter, number>> {
  const count = (verdict: FactReport['verdict']) => facts.filter((fact) => fact.verdict === verdict).length;
  return { all: facts.length, good: count('good'), shaken: count('shaken'), weak: count('weak'), harmful: count('harmful') };
}

/** Whether a report compared two answers instead of asking what the model says (before 0.2). */
export function isCompared(facts: readonly FactReport[]): boolean {
  return facts.some(({ neighbors }) => neighbors.some(({ fate }) => fate === undefined));
}

/**
 * What is said of a prompt at a glance.
 * @param wasCompared whether two answers were compared, so that it is not told what the model says
 */
export function markOf({ good, fate }: PromptOutcome, wasCompared: boolean): { readonly mark: Mark; readonly label: string } {
  const mark = fate === 'shaken' ? 'warn' : good ? 'good' : 'bad';
  const said = wasCompared ? reportText.compared : { good: reportText.goodMark, bad: reportText.badMark };
  return { mark, label: fate ? reportText.fates[fate] : mark === 'good' ? said.good : said.bad };
}

/** How many of some prompts are as they should be: "3 of 4", "no" where there are none. */
export function goodOf(outcomes: readonly PromptOutcome[]): string {
  return outcomes.length === 0 ? reportText.goodOfNone : reportText.goodOf(outcomes.filter(({ good }) => good).length, outcomes.length);
}
