import { tally, unjudgedWords } from '../../../shared/checks.ts';
import type { CheckedBy, CheckedFact, EditReport, FactReport, PromptOutcome } from '../../../shared/contract/edits.ts';
import { materialRows } from '../../../shared/material.ts';
import { methodTitle } from '../../../shared/methods/list.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { counted, short } from '../format/ids.ts';
import { digits, duration, percent, ratio } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';
import { showChecks } from './checks.ts';
import { showDrift } from './drift.ts';
import { showHonest } from './honest.ts';
import { showFallen } from './fallen.ts';
import { showSettings } from './settings.ts';

/** More facts than this are summed up; --json has them all. */
const FACTS_SHOWN = 20;
/** With so few facts every prompt is shown. */
export const FACTS_IN_FULL = 2;
const PROMPT_WIDTH = 60;

/** What an edit was made with, what it did to the facts, and what else it changed. */
export function showReport(out: Printer, report: EditReport): void {
  const { style } = out;
  const layers = `${report.layers.length === 1 ? 'layer' : 'layers'} ${report.layers.join(', ')}`;
  const facts = `${counted(report.facts.length, 'fact')}, on version ${short(report.parent)}`;
  out.heading(`${methodTitle(report.method)} in ${layers}, ${facts}, ${duration(report.seconds)}`);
  showSettings(out, report);
  out.heading('Checks');
  showChecks(out, report.checks);
  out.heading('Facts (probability of the target)');
  showFacts(out, report.facts);
  if (report.facts.length <= FACTS_IN_FULL) for (const fact of report.facts) showPrompts(out, fact);
  if (report.drift) showDrift(out, 'the version before', report.drift);
  if (report.honest) showHonest(out, report.honest, 'edit');
  if (report.earlier) showEarlier(out, report.earlier);
  if (report.checkedBy) showCheckedBy(out, report.checkedBy);
  out.heading('Weights');
  out.table(
    [
      ['layer', 'weight', 'norm', 'norm of change', 'rank', 'SHA-256 before', 'after'],
      ...report.weights.map((w) => [
        String(w.layer),
        w.tensor,
        digits(w.weightNorm),
        `${digits(w.deltaNorm)} (${ratio(w.deltaNorm / w.weightNorm)})`,
        String(w.rank),
        `${short(w.before)}…`,
        `${short(w.after)}…`,
      ]),
    ],
    { heading: true, right: [0, 2, 3, 4] },
  );
  for (const { message, hint } of report.warnings) out.line(style.accent(`Warning: ${message} ${hint}`.trimEnd()));
}

function showFacts(out: Printer, facts: readonly FactReport[]): void {
  const { style } = out;
  const colour = { good: style.good, shaken: style.accent, weak: style.accent, harmful: style.bad };
  const share = (value: number | undefined) => (value === undefined ? '' : percent(value));
  out.table(
    [
      ['fact', 'target', 'before', 'after', 'other wordings', 'neighbours', 'verdict'],
      ...facts
        .slice(0, FACTS_SHOWN)
        .map(({ fact, rewrite, paraphrases, neighbors, verdict }) => [
          shorten(oneLine(fillPrompt(fact.prompt, fact.subject).text), PROMPT_WIDTH),
          oneLine(fact.target),
          share(rewrite.before.wanted),
          share(rewrite.after.wanted),
          paraphrases.length === 0 ? 'none asked' : `${paraphrases.filter(({ good }) => good).length} of ${paraphrases.length}`,
          fatesInShort(neighbors),
          verdict === 'good' && (paraphrases.length === 0 || neighbors.length === 0)
            ? style.accent('hardly checked')
            : colour[verdict](verdict),
        ]),
    ],
    { heading: true, right: [2, 3, 4, 5] },
  );
  const told = facts.flatMap((fact) => fact.told ?? []);
  if (told.length > 0) out.line(style.dim(`Told to the edit, so that they prove nothing and are not counted: ${toldInShort(told)}`));
  showBackground(out, facts);
  const rest = facts.length - FACTS_SHOWN;
  if (rest > 0) out.line(style.dim(`and ${rest} more; --json has them all`));
}

/** Other subjects of the facts' relations that were held without having been named. */
function showBackground(out: Printer, facts: readonly FactReport[]): void {
  const asked = facts.flatMap(({ fact }) => (fact.told?.background ? [fact.told.background] : []));
  if (asked.length === 0) return;
  const held = new Set(asked.flat()).size;
  const none = asked.filter((list) => list.length === 0).length;
  out.line(
    out.style.dim(
      `Held too, and not measured: ${counted(held, 'prompt')} about other subjects of the facts' relations` +
        (none > 0 ? `; of ${counted(none, 'fact')} none are known that do not check the edit` : ''),
    ),
  );
}

/** What an edit did to the facts of earlier ones. */
function showEarlier(out: Printer, { inForce, measured, held, fell }: NonNullable<EditReport['earlier']>): void {
  const asked =
    measured < inForce ? `${measured} of the ${counted(inForce, 'fact')} of earlier edits` : `${counted(inForce, 'fact')} of earlier edits`;
  out.line(`Asked again: ${asked}; ${held} held before, ${held - fell.length} of these hold now.`);
  showFallen(out, fell);
}

/** What the edit was checked by, how many, and where that is from; what was not, too. */
function showCheckedBy(out: Printer, checkedBy: readonly CheckedBy[]): void {
  out.heading('Checked by');
  out.table(materialRows(checkedBy).map(({ what, count, from, isMissing }) => [what, isMissing ? out.style.accent(count) : count, from]));
}

/** What came of all that was told to an edit. */
function toldInShort(told: readonly NonNullable<FactReport['told']>[]): string {
  const wordings = told.flatMap((one) => one.paraphrases);
  const neighbors = told.flatMap((one) => one.neighbors);
  const own = told.flatMap((one) => one.sameSubject ?? []);
  const apart = told.flatMap((one) => one.apart ?? []);
  return [
    ...(neighbors.length > 0 ? [`${counted(neighbors.length, 'neighbour')} held (${fatesInShort(neighbors)})`] : []),
    ...(apart.length > 0 ? [`${counted(apart.length, 'neighbour')} about subjects that other facts tell of (${fatesInShort(apart)})`] : []),
    ...(own.length > 0 ? [`${counted(own.length, 'other fact')} about the subject kept in the search (${fatesInShort(own)})`] : []),
    ...(wordings.length > 0
      ? [`${counted(wordings.length, 'wording')} written (${wordings.filter(({ good }) => good).length} given)`]
      : []),
  ].join(', ');
}

/** What became of neighbours: "6 kept", "4 kept, 1 shaken, 1 lost". */
export function fatesInShort(neighbors: readonly PromptOutcome[]): string {
  if (neighbors.length === 0) return 'none';
  const found = tally(neighbors);
  return (['kept', 'shaken', 'lost'] as const)
    .filter((fate) => found[fate] > 0)
    .map((fate) => `${found[fate]} ${fate}`)
    .join(', ');
}

/** Whether a prompt is as it should be; of a neighbour what became of it, and what it says now where that changed. */
function resultOf({ style }: Printer, { good, fate, says }: PromptOutcome): string {
  if (fate === undefined) return good ? style.good('as it should be') : style.bad('not as it should be');
  const colour = { kept: style.good, shaken: style.accent, lost: style.bad }[fate];
  return colour(fate === 'lost' && says ? `lost: says “${oneLine(says.after.text.trim())}” (${percent(says.after.probability)})` : fate);
}

/** What may follow from a fact has no right answer here: what it says now is told, and nothing is made of it. */
function followsIn({ fate, says }: PromptOutcome): string {
  if (says === undefined) return '';
  return `${fate === 'lost' ? 'now' : 'still'} says “${oneLine(says.after.text.trim())}” (${percent(says.after.probability)})`;
}

/** Every prompt of a fact, and what the model writes after it. Of a check alone there is no before. */
export function showPrompts(out: Printer, report: Omit<CheckedFact, 'unjudged'> & Partial<FactReport & CheckedFact>): void {
  const change = (before: number | undefined, after: number | undefined) =>
    before === undefined
      ? after === undefined
        ? ''
        : percent(after)
      : `${percent(before)} → ${after === undefined ? '?' : percent(after)}`;
  const row = (kind: string, one: PromptOutcome) => [
    kind,
    shorten(oneLine(one.prompt), PROMPT_WIDTH),
    change(one.before.previous, one.after.previous),
    change(one.before.wanted, one.after.wanted),
    resultOf(out, one),
  ];
  out.line();
  out.table(
    [
      ['', 'prompt', 'old or own answer', `“${oneLine(report.fact.target)}”`, ''],
      row('edited', report.rewrite),
      ...report.paraphrases.map((one) => row('wording', one)),
      ...(report.told?.paraphrases ?? []).map((one) => row('told wording', one)),
      ...report.neighbors.map((one) => row('neighbour', one)),
      ...(report.told?.neighbors ?? []).map((one) => row('told neighbour', one)),
      ...(report.told?.apart ?? []).map((one) => row('told elsewhere', one)),
      ...(report.told?.sameSubject ?? []).map((one) => row('told of the subject', one)),
      ...(report.sameSubject ?? []).map((one) => row('same subject', one)),
      ...(report.follows ?? []).map((one) => [...row('may follow', one).slice(0, -1), followsIn(one)]),
    ],
    { heading: true },
  );
  if (report.answerBefore !== undefined) out.line(`It wrote: “${oneLine(report.answerBefore)}”`);
  if (report.answerAfter !== undefined)
    out.line(`${report.answerBefore === undefined ? 'It' : 'Now it'} writes: “${oneLine(report.answerAfter)}”`);
  if (report.says) out.line(report.says);
  if (report.unjudged) out.line(unjudgedWords(report.unjudged));
}
