import { unjudgedWords } from '../../../shared/checks.ts';
import type { Checked } from '../../../shared/contract/checks.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { leftOutWords } from '../../../shared/told.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';
import { showHonest } from './honest.ts';
import { FACTS_IN_FULL, fatesInShort, showPrompts } from './report.ts';

/** More facts than this are summed up; --json has them all. */
const FACTS_SHOWN = 20;
const PROMPT_WIDTH = 60;
const ANSWER_WIDTH = 30;

/** What a recorded check found, fact by fact: first those that are not given. */
export function showChecked(out: Printer, { facts, leftOut = 0, honest }: Checked): void {
  const { style } = out;
  const ordered = [...facts].sort((a, b) => Number(a.rewrite.good) - Number(b.rewrite.good));
  out.heading('Facts as they were checked');
  out.table(
    [
      ['fact', 'target', 'probability', 'the model writes', 'other wordings', 'neighbours', 'about the subject', ''],
      ...ordered
        .slice(0, FACTS_SHOWN)
        .map(({ fact, rewrite, paraphrases, neighbors, sameSubject, answerAfter }) => [
          shorten(oneLine(fillPrompt(fact.prompt, fact.subject).text), PROMPT_WIDTH),
          oneLine(fact.target),
          rewrite.after.wanted === undefined ? '' : percent(rewrite.after.wanted),
          answerAfter === undefined ? '' : shorten(oneLine(answerAfter), ANSWER_WIDTH),
          paraphrases.length === 0 ? 'none asked' : `${paraphrases.filter(({ good }) => good).length} of ${paraphrases.length}`,
          fatesInShort(neighbors),
          fatesInShort(sameSubject ?? []),
          rewrite.good ? style.good('given') : style.bad('not given'),
        ]),
    ],
    { heading: true, right: [2, 4, 5, 6] },
  );
  if (facts.length > FACTS_SHOWN) out.line(style.dim(`and ${facts.length - FACTS_SHOWN} more; --json has them all`));
  const unjudged = facts.reduce((sum, one) => sum + one.unjudged, 0);
  if (unjudged > 0 && facts.length > FACTS_IN_FULL) out.line(style.dim(unjudgedWords(unjudged)));
  if (leftOut > 0) out.line(style.dim(leftOutWords(leftOut)));
  if (facts.length <= FACTS_IN_FULL) for (const fact of facts) showPrompts(out, fact);
  if (honest) showHonest(out, honest, 'version');
}
