import type { GgufReport } from '../../../shared/contract/checks.ts';
import type { FactReport, PromptOutcome } from '../../../shared/contract/edits.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { allAlike, askedIn, fateOf, HOLDS, inAll, kindOf, promptsTitle, worthShowing } from '../../../shared/gguf-words.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';

const FACTS_SHOWN = 20;
const PROMPT_WIDTH = 60;

/** An edit in llama.cpp beside the same in Emend: in all, by fact, and by prompt. */
export function showGgufCheck(out: Printer, report: GgufReport): void {
  const { file, emend, gguf } = report;
  out.line(out.style.dim(askedIn(report)));
  out.line();
  out.table([['', 'in Emend', `in ${file.name}`], ...inAll(report).map((row) => [row.title, row.emend, row.gguf])], { heading: true });
  out.heading('Facts');
  out.table(
    [
      ['fact', 'target', 'in Emend', '', `in ${file.name}`, ''],
      ...emend.facts
        .slice(0, FACTS_SHOWN)
        .map((fact, at) => [
          shorten(oneLine(fillPrompt(fact.fact.prompt, fact.fact.subject).text), PROMPT_WIDTH),
          oneLine(fact.fact.target),
          ...inShort(out, fact),
          ...inShort(out, gguf.facts[at]!),
        ]),
    ],
    { heading: true },
  );
  if (emend.facts.length > FACTS_SHOWN) out.line(out.style.dim(`and ${emend.facts.length - FACTS_SHOWN} more; --json has them all`));
  const { isAll, shown } = worthShowing(report);
  if (shown.length === 0) return out.line(allAlike(report));
  out.heading(promptsTitle(isAll));
  out.table(
    [
      ['', 'prompt', 'in Emend', `in ${file.name}`, 'holds'],
      ...shown.map((one) => [
        kindOf(one),
        shorten(oneLine(one.gguf.prompt), PROMPT_WIDTH),
        fateOf(one.emend),
        said(one.gguf),
        out.style[one.holds === 'both' ? 'good' : one.holds === 'gguf' ? 'accent' : 'bad'](HOLDS[one.holds]),
      ]),
    ],
    { heading: true },
  );
  if (!isAll) return;
  for (const { fact, answerBefore = '', answerAfter = '' } of gguf.facts) {
    const prompt = oneLine(fillPrompt(fact.prompt, fact.subject).text);
    const [was, now] = [oneLine(answerBefore.trim()), oneLine(answerAfter.trim())];
    out.line(`In ${file.name} “${prompt}” goes on “${was}”, and with the adapter “${now}”.`);
  }
}

/** A fact's verdict, and how likely the new answer is before and after. */
function inShort({ style }: Printer, { verdict, rewrite }: FactReport): string[] {
  const colour = { good: style.good, shaken: style.accent, weak: style.accent, harmful: style.bad };
  const share = (value: number | undefined) => (value === undefined ? '?' : percent(value));
  return [colour[verdict](verdict), `${share(rewrite.before.wanted)} → ${share(rewrite.after.wanted)}`];
}

/** What became of a prompt, with what a neighbour that was lost is answered with now. */
function said(outcome: PromptOutcome): string {
  const { fate, says } = outcome;
  return fate === 'lost' && says
    ? `lost: “${oneLine(says.before.text.trim())}” became “${oneLine(says.after.text.trim())}”`
    : fateOf(outcome);
}
