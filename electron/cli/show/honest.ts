import type { HonestOutcome, HonestReport } from '../../../shared/contract/honest.ts';
import { honestRows } from '../../../shared/honest/rows.ts';
import { askedIn, endedWords, HONEST, honestFrame, notAsked } from '../../../shared/honest/words.ts';
import { isMeasure, MEASURES } from '../../../shared/measures.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';

/** With so few facts every question is shown. */
const FACTS_IN_FULL = 2;
const PROMPT_WIDTH = 60;
const SAYS_WIDTH = 36;

/** How often the new answer is given where facts are asked as people ask. @param before what the edited version was held against */
export function showHonest(out: Printer, honest: HonestReport, before: keyof typeof HONEST.before): void {
  const { style } = out;
  const { sides } = HONEST;
  out.heading(HONEST.title);
  out.table(
    [
      ['question', 'facts', sides.before, sides.context, sides.after, ''],
      ...honestRows(honest).map(({ probe, facts, before: was, context, after }) => [
        MEASURES[probe].label,
        String(facts),
        was === undefined ? '' : percent(was),
        percent(context),
        percent(after),
        MEASURES[probe].better === 'less' ? style.dim('less is better') : '',
      ]),
    ],
    { heading: true, right: [1, 2, 3, 4] },
  );
  out.line(style.dim(`${HONEST.about(HONEST.before[before])} ${honestFrame(honest)}`));
  const missing = notAsked(honest);
  if (missing.length > 0) out.line(style.dim(`Not asked, for want of material: ${missing.join(', ')}.`));
  if (honest.facts.length <= FACTS_IN_FULL) for (const fact of honest.facts) showAnswers(out, honest, fact);
}

function showAnswers(out: Printer, honest: HonestReport, { context, answers }: HonestReport['facts'][number]): void {
  const { style } = out;
  const said = (outcome: HonestOutcome | undefined, isGood: boolean) => {
    if (!outcome) return '';
    const text = shorten(oneLine(outcome.says) || '(nothing)', SAYS_WIDTH);
    const end = outcome.ended === 'limit' ? style.dim(` ${endedWords(outcome, honest.limit)}`) : '';
    return `${isGood ? style.good(text) : style.bad(text)} ${outcome.given ? 'given' : 'not given'}${end}`;
  };
  out.line();
  out.line(`Told in front: “${oneLine(context)}”`);
  out.table(
    [
      ['question', 'prompt', 'before', 'told in front', 'edited'],
      ...answers.map((answer) => {
        const isLess = isMeasure(answer.probe) && MEASURES[answer.probe].better === 'less';
        const cell = (outcome: HonestOutcome | undefined) => said(outcome, outcome?.given !== isLess);
        return [
          isMeasure(answer.probe) ? MEASURES[answer.probe].label : answer.probe,
          shorten(oneLine(askedIn(answer, honest.text)), PROMPT_WIDTH),
          cell(answer.before),
          cell(answer.context),
          cell(answer.after),
        ];
      }),
    ],
    { heading: true },
  );
}
