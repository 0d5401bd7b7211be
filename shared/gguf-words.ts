import { tally } from './checks.ts';
import type { GgufReport, InBoth } from './contract/checks.ts';
import type { PromptOutcome } from './contract/edits.ts';
import { counted } from './counted.ts';

/** How an edit in llama.cpp beside the same in Emend is put into words, on the screen and on the command line alike. */

const KINDS: readonly { readonly kind: InBoth['kind']; readonly told: boolean; readonly title: string }[] = [
  { kind: 'edited', told: false, title: 'edited prompts' },
  { kind: 'wording', told: false, title: 'other wordings' },
  { kind: 'wording', told: true, title: 'told wordings' },
  { kind: 'neighbour', told: false, title: 'neighbours' },
  { kind: 'neighbour', told: true, title: 'told neighbours' },
  { kind: 'same subject', told: false, title: 'other facts about the subjects' },
  { kind: 'same subject', told: true, title: 'told facts about the subjects' },
];

export const HOLDS: Readonly<Record<InBoth['holds'], string>> = {
  both: 'in the file too',
  emend: 'not in the file',
  gguf: 'in the file alone',
  neither: 'in neither',
};

/** With so few facts every prompt is shown; of more those alone that are not as in Emend. */
const FACTS_IN_FULL = 2;

/** What was asked in what. */
export function askedIn({ file, runtime }: GgufReport): string {
  return `${file.name} is stored mostly as ${file.type}; it was asked in ${runtime}, with and without the adapter.`;
}

/** For each kind of prompt that there is, what became of them all in Emend and in the file. */
export function inAll({ prompts }: GgufReport): readonly { readonly title: string; readonly emend: string; readonly gguf: string }[] {
  const all = prompts.flat();
  return KINDS.flatMap(({ kind, told, title }) => {
    const these = all.filter((one) => one.kind === kind && one.told === told);
    if (these.length === 0) return [];
    const isNeighbor = kind === 'neighbour' || kind === 'same subject';
    const count = (outcomes: readonly PromptOutcome[]) =>
      isNeighbor ? fates(outcomes) : `${outcomes.filter(({ good }) => good).length} of ${outcomes.length} given`;
    return [{ title, emend: count(these.map(({ emend }) => emend)), gguf: count(these.map(({ gguf }) => gguf)) }];
  });
}

function fates(outcomes: readonly PromptOutcome[]): string {
  const found = tally(outcomes);
  return (['kept', 'shaken', 'lost'] as const)
    .filter((fate) => found[fate] > 0)
    .map((fate) => `${found[fate]} ${fate}`)
    .join(', ');
}

/** What became of a prompt. */
export function fateOf({ fate, good }: PromptOutcome): string {
  return fate ?? (good ? 'given' : 'not given');
}

/** Whether all prompts are shown, or those alone that are not as in Emend; and which. */
export function worthShowing({ emend, prompts }: GgufReport): { readonly isAll: boolean; readonly shown: readonly InBoth[] } {
  const isAll = emend.facts.length <= FACTS_IN_FULL;
  const all = prompts.flat();
  return { isAll, shown: isAll ? all : all.filter((one) => fateOf(one.emend) !== fateOf(one.gguf)) };
}

export function promptsTitle(isAll: boolean): string {
  return isAll ? 'Prompts' : 'Prompts that are not as in Emend';
}

/** Where no prompt is to be shown. */
export function allAlike({ file, prompts }: GgufReport): string {
  return `All ${counted(prompts.flat().length, 'prompt')} are in ${file.name} as in Emend.`;
}

/** Of a prompt: whether it was told, and its kind. */
export function kindOf({ told, kind }: InBoth): string {
  return `${told ? 'told ' : ''}${kind}`;
}
