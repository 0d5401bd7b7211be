import { tally } from '../../../shared/checks.ts';
import type { GgufReport, InBoth } from '../../../shared/contract/checks.ts';
import type { FactReport, PromptOutcome } from '../../../shared/contract/edits.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { counted } from '../format/ids.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';

/** With so few facts every prompt is shown; of more those alone that are not as in Emend. */
const FACTS_IN_FULL = 2;
const FACTS_SHOWN = 20;
const PROMPT_WIDTH = 60;

/** An edit in llama.cpp beside the same in Emend: in all, by fact, and by prompt. */
export function showGgufCheck(out: Printer, { file, runtime, emend, gguf, prompts }: GgufReport): void {
  out.line(out.style.dim(`${file.name} is stored mostly as ${file.type}; it was asked in ${runtime}, with and without the adapter.`));
  out.line();
  const all = prompts.flat();
  out.table([['', 'in Emend', `in ${file.name}`], ...KINDS.flatMap(({ kind, told, title }) => sumUp(all, kind, told, title))], {
    heading: true,
  });
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
  const shown = emend.facts.length <= FACTS_IN_FULL ? all : all.filter((one) => words(one.emend) !== words(one.gguf));
  if (shown.length === 0) return out.line(`All ${counted(all.length, 'prompt')} are in ${file.name} as in Emend.`);
  out.heading(emend.facts.length <= FACTS_IN_FULL ? 'Prompts' : 'Prompts that are not as in Emend');
  out.table(
    [
      ['', 'prompt', 'in Emend', `in ${file.name}`, 'holds'],
      ...shown.map((one) => [
        `${one.told ? 'told ' : ''}${one.kind}`,
        shorten(oneLine(one.gguf.prompt), PROMPT_WIDTH),
        words(one.emend),
        said(one.gguf),
        out.style[one.holds === 'both' ? 'good' : one.holds === 'gguf' ? 'accent' : 'bad'](HOLDS[one.holds]),
      ]),
    ],
    { heading: true },
  );
  if (emend.facts.length > FACTS_IN_FULL) return;
  for (const { fact, answerBefore = '', answerAfter = '' } of gguf.facts) {
    const prompt = oneLine(fillPrompt(fact.prompt, fact.subject).text);
    const [was, now] = [oneLine(answerBefore.trim()), oneLine(answerAfter.trim())];
    out.line(`In ${file.name} “${prompt}” goes on “${was}”, and with the adapter “${now}”.`);
  }
}

const KINDS: readonly { readonly kind: InBoth['kind']; readonly told: boolean; readonly title: string }[] = [
  { kind: 'edited', told: false, title: 'edited prompts' },
  { kind: 'wording', told: false, title: 'other wordings' },
  { kind: 'wording', told: true, title: 'told wordings' },
  { kind: 'neighbour', told: false, title: 'neighbours' },
  { kind: 'neighbour', told: true, title: 'told neighbours' },
  { kind: 'same subject', told: false, title: 'other facts about the subjects' },
  { kind: 'same subject', told: true, title: 'told facts about the subjects' },
];

const HOLDS: Readonly<Record<InBoth['holds'], string>> = {
  both: 'in the file too',
  emend: 'not in the file',
  gguf: 'in the file alone',
  neither: 'in neither',
};

function sumUp(all: readonly InBoth[], kind: InBoth['kind'], told: boolean, title: string): string[][] {
  const these = all.filter((one) => one.kind === kind && one.told === told);
  if (these.length === 0) return [];
  const isNeighbor = kind === 'neighbour' || kind === 'same subject';
  const count = (outcomes: readonly PromptOutcome[]) =>
    isNeighbor ? fates(outcomes) : `${outcomes.filter(({ good }) => good).length} of ${outcomes.length} given`;
  return [[title, count(these.map(({ emend }) => emend)), count(these.map(({ gguf }) => gguf))]];
}

function fates(outcomes: readonly PromptOutcome[]): string {
  const found = tally(outcomes);
  return (['kept', 'shaken', 'lost'] as const)
    .filter((fate) => found[fate] > 0)
    .map((fate) => `${found[fate]} ${fate}`)
    .join(', ');
}

/** A fact's verdict, and how likely the new answer is before and after. */
function inShort({ style }: Printer, { verdict, rewrite }: FactReport): string[] {
  const colour = { good: style.good, shaken: style.accent, weak: style.accent, harmful: style.bad };
  const share = (value: number | undefined) => (value === undefined ? '?' : percent(value));
  return [colour[verdict](verdict), `${share(rewrite.before.wanted)} → ${share(rewrite.after.wanted)}`];
}

/** What became of a prompt. */
function words({ fate, good }: PromptOutcome): string {
  return fate ?? (good ? 'given' : 'not given');
}

/** The same, with what a neighbour that was lost is answered with now. */
function said(outcome: PromptOutcome): string {
  const { fate, says } = outcome;
  return fate === 'lost' && says
    ? `lost: “${oneLine(says.before.text.trim())}” became “${oneLine(says.after.text.trim())}”`
    : words(outcome);
}
