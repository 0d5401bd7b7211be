import type { CheckedBy, EditReport, FactReport } from '../../shared/contract/edits.ts';
import { countSlots, fillPrompt, type Fact } from '../../shared/fact.ts';
import { SURE, type Taught } from './suggest.ts';
import { kindsOf, RELATIONS } from './suggesting/relations.ts';

/** Beyond this perplexity a model does not know such text at all, and a change of it says little. */
const UNKNOWN_TEXT = 1000;

/** What is said of material that neither the model's facts nor Emend's lists have. */
const GIVEN = 'given with the facts';

/**
 * What the facts of an edit were checked by and where that is from, told by the prompts themselves: what the model's own facts or Emend's
 * lists ask in the same words is from there, all else was given.
 */
export function checkedBy(
  reports: readonly FactReport[],
  taught: Taught | undefined,
  drift: EditReport['drift'],
  from: { readonly probes: string; readonly texts: string },
): CheckedBy[] {
  const taughtWordings = taught ? Object.values(taught.relations).flatMap(({ templates }) => templates) : [];
  const taughtSubjects = new Set(taught?.facts.map(({ subject }) => subject));
  const wordings = reports.flatMap(({ fact, paraphrases }) => paraphrases.map(({ prompt }) => wordingFrom(prompt, fact, taughtWordings)));
  const neighbors = reports.flatMap(({ fact, neighbors: all }) =>
    all.map(({ prompt, says }) => ({
      from: neighborFrom(prompt, fact, taughtSubjects),
      isSure: says !== undefined && says.before.probability >= SURE,
    })),
  );
  const about = reports.flatMap(({ fact, sameSubject = [] }) =>
    sameSubject.map(({ prompt, says }) => ({
      from: wordingFrom(prompt, fact, taughtWordings),
      isSure: says !== undefined && says.before.probability >= SURE,
    })),
  );
  const withSure = (what: CheckedBy['what'], all: typeof neighbors) =>
    origins(all.map((one) => one.from)).map((origin): CheckedBy => {
      const own = all.filter((one) => one.from === origin);
      return { what, count: own.length, from: origin, sure: own.filter(({ isSure }) => isSure).length };
    });
  return [
    ...origins(wordings).map((origin): CheckedBy => ({
      what: 'wordings',
      count: wordings.filter((one) => one === origin).length,
      from: origin,
    })),
    ...withSure('neighbors', neighbors),
    ...withSure('sameSubject', about),
    ...(drift === undefined || drift.meanKl === undefined ? [] : [{ what: 'drift' as const, count: drift.probes, from: from.probes }]),
    ...(drift?.perplexityAfter === undefined
      ? []
      : [{ what: 'perplexity' as const, count: drift.texts ?? drift.probes, from: `${from.texts}${hardlyKnown(drift.perplexityBefore)}` }]),
  ];
}

function hardlyKnown(before: number | undefined): string {
  return before !== undefined && before > UNKNOWN_TEXT ? '; the model does not know such text, so that its perplexity says little' : '';
}

function origins(all: readonly string[]): string[] {
  return [...new Set(all)];
}

function wordingFrom(prompt: string, { subject }: Fact, taught: readonly string[]): string {
  const asks = (templates: readonly string[]) =>
    templates.some((one) => countSlots(one) === 1 && withoutArticle(fillPrompt(one, subject).text) === withoutArticle(prompt));
  if (asks(taught)) return "the model's own facts";
  return RELATIONS.some(({ wordings }) => asks(wordings)) ? "Emend's ways to ask for common relations" : GIVEN;
}

/** A neighbour that asks the fact's prompt about another subject is from where that subject is from. */
function neighborFrom(prompt: string, fact: Fact, taught: ReadonlySet<string>): string {
  const [before = '', after = ''] = fact.prompt.split('{}');
  const isSame = prompt.length > before.length + after.length && prompt.startsWith(before) && prompt.endsWith(after);
  if (!isSame) return GIVEN;
  const subject = prompt.slice(before.length, prompt.length - after.length);
  if (taught.has(subject)) return "the model's own facts";
  return kindsOf(subject).length > 0 ? "Emend's list of well-known names" : GIVEN;
}

function withoutArticle(prompt: string): string {
  return prompt.replace(/ the$/, '');
}
