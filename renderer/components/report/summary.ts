import type { Check, EditReport, FactReport, PromptOutcome } from '../../../shared/contract/edits.ts';
import { isMeasure, measureNames, MEASURES } from '../../../shared/measures.ts';
import { EDIT_METHODS } from '../../../shared/methods/list.ts';
import type { Advice } from '../../../shared/methods/method.ts';

/** What came out of an edit, in one word. 'untested': it took, but nothing says whether it holds in other words or harmed something. */
export type Verdict = 'good' | 'untested' | 'weak' | 'harmful';

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
  const missed = facts.filter((fact) => fact.efficacy < 1);
  const failed = report.checks.filter((check) => check.passed === false).map((check) => check.name);
  const of = (some: readonly FactReport[]) =>
    facts.length === 1
      ? 'The edit'
      : some.length === facts.length
        ? `All ${facts.length} facts`
        : `${some.length} of ${facts.length} facts`;
  if (harmful.length > 0) {
    const also = weak.length > 0 ? ` ${weak.length === 1 ? 'One more is' : `${weak.length} more are`} weak.` : '';
    return {
      verdict: 'harmful',
      title: facts.length === 1 ? 'The edit does harm' : `${of(harmful)} ${harmful.length === 1 ? 'does' : 'do'} harm`,
      text: `Answers about other subjects changed with ${harmful.length === 1 ? 'it' : 'them'}.${also}`,
      advice: adviceFor(report, { harmful: true, weak: weak.length > 0, missed: missed.length > 0 }),
    };
  }
  if (weak.length > 0 || failed.length > 0) {
    const text =
      missed.length > 0
        ? `The new answer did not take on ` +
          `${facts.length === 1 ? 'its own prompt' : missed.length === 1 ? 'the prompt of one' : `the prompts of ${missed.length}`}.`
        : weak.length > 0
          ? 'The new answer took, but not in other words.'
          : `Below the threshold: ${failed.join(', ')}.`;
    return {
      verdict: 'weak',
      title:
        facts.length === 1
          ? 'The edit is weak'
          : weak.length > 0
            ? `${of(weak)} ${weak.length === 1 ? 'is' : 'are'} weak`
            : 'The edit is weak',
      text,
      advice: adviceFor(report, { harmful: false, weak: true, missed: missed.length > 0 }),
    };
  }
  const unasked = [
    ...(facts.some((fact) => fact.paraphrases.length === 0) ? ['other wordings'] : []),
    ...(facts.some((fact) => fact.neighbors.length === 0) ? ['neighbours'] : []),
  ];
  const took = facts.length === 1 ? 'The edit took' : `All ${facts.length} facts took`;
  if (unasked.length > 0) {
    const one = unasked[0] === 'neighbours' ? 'what else it changed' : 'whether it holds when asked differently';
    const unknown = unasked.length === 2 ? 'how far the edit reaches' : one;
    return {
      verdict: 'untested',
      title: `${took}, but little was checked`,
      text: `${facts.length === 1 ? 'It has' : 'Some facts have'} no ${unasked.join(' and no ')}, so nothing tells ${unknown}.`,
      advice: [{ title: `Add ${unasked.join(' and ')}`, text: 'Go back to the form, take the suggestions, and work the edit out again.' }],
    };
  }
  return {
    verdict: 'good',
    title: took,
    text: `${facts.length === 1 ? 'It holds' : 'They hold'} in other words, and the neighbours keep their answers.`,
    advice: [],
  };
}

function adviceFor({ facts, method, hyperparameters }: EditReport, found: { harmful: boolean; weak: boolean; missed: boolean }): Advice[] {
  const { advice: own, settings } = EDIT_METHODS[method];
  const clamp = hyperparameters.find(({ key, name }) => (key ?? name) === 'clamp')?.value;
  const many = facts.length > 1;
  const advice: Advice[] = [];
  if (found.harmful) {
    if (many)
      advice.push({
        title: 'Take fewer facts at once',
        text: 'Leave out the harmful ones (filter the list below), and edit those by themselves.',
      });
    if (own.harmful) advice.push(own.harmful);
    advice.push({ title: 'Add more neighbours', text: 'They show how far the harm reaches; a handful of each kind is enough.' });
  }
  if (found.missed) {
    if (settings.some(({ key }) => key === 'clamp')) {
      advice.push({
        title: 'Search longer or further',
        text: `Raise the steps or the clamp${clamp === undefined ? '' : ` (now ${clamp})`}, and compare the harm.`,
      });
    }
    if (own.missedOne && !many) advice.push(own.missedOne);
  } else if (found.weak) {
    advice.push({
      title: 'Ask in a plainer way',
      text: 'A prompt that ends right before the answer, with the subject as texts name it, carries over best to other words.',
    });
    if (own.weak && !found.harmful) advice.push(own.weak);
  }
  if (found.weak && many && !found.harmful)
    advice.push({ title: 'Take fewer facts at once', text: 'Facts of one subject, or very alike, get in each other’s way.' });
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
}

/** Checks in the order and words of the list of measures; those that this release does not know go last, under their own names. */
export function meters(checks: readonly Check[]): Meter[] {
  const known = measureNames().flatMap((name) => checks.filter((check) => check.name === name));
  return [...known, ...checks.filter((check) => !isMeasure(check.name))].map(meterOf);
}

function meterOf({ name, value, before, threshold, passed, count }: Check): Meter {
  const values = { name, value, before, threshold, passed, count };
  if (!isMeasure(name)) return { ...values, label: name, meaning: '', kind: threshold === undefined ? 'number' : 'share' };
  const { label, help, unit } = MEASURES[name];
  return { ...values, label, meaning: help, kind: unit === 'share' ? 'share' : 'number' };
}

export type FactFilter = 'all' | 'weak' | 'harmful' | 'good';
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

/** Harmful before weak before good, and within each by how much is wrong. */
function badness({ verdict, efficacy, generalization = 1, specificity = 1 }: FactReport): number {
  return { harmful: 10, weak: 5, good: 0 }[verdict] + (1 - efficacy) + (1 - generalization) + (1 - specificity);
}

export function verdictCounts(facts: readonly FactReport[]): Readonly<Record<FactFilter, number>> {
  const count = (verdict: FactReport['verdict']) => facts.filter((fact) => fact.verdict === verdict).length;
  return { all: facts.length, good: count('good'), weak: count('weak'), harmful: count('harmful') };
}

/** How many of some prompts are as they should be: "3 of 4". */
export function goodOf(outcomes: readonly PromptOutcome[]): string {
  return outcomes.length === 0 ? '–' : `${outcomes.filter(({ good }) => good).length} of ${outcomes.length}`;
}
