import { fillPrompt, type Fact } from '../../../../shared/fact.ts';

/** As many tokens of unrelated text as REP and EAMET put in front of prompts. */
export const UNRELATED = 200;

/**
 * Text that has nothing to do with facts, whole sentences of it, as many as fit.
 * @param tokens how many tokens a text has
 * @param room how many there is room for in front of every question
 * @returns undefined where not one sentence fits
 */
export function unrelatedText(
  sentences: readonly string[],
  facts: readonly Fact[],
  tokens: (text: string) => number,
  room: number,
): { text: string; tokens: number } | undefined {
  const names = facts.flatMap(({ subject, target, previousTarget = '' }) => [subject, target, previousTarget]).map((one) => one.trim());
  const isNamed = (sentence: string) =>
    names.some((one) => one !== '' && new RegExp(`(?<![\\p{L}\\p{N}])${literal(one)}(?![\\p{L}\\p{N}])`, 'iu').test(sentence));
  let text = '';
  for (const sentence of sentences.filter((one) => !isNamed(one))) {
    const longer = text === '' ? sentence : `${text} ${sentence}`;
    if (tokens(longer) <= Math.min(UNRELATED, room)) text = longer;
  }
  return text === '' ? undefined : { text, tokens: tokens(text) };
}

/** The longest of what stands behind it, in tokens. */
export function longestPrompt(facts: readonly Fact[], fronts: readonly string[], tokens: (text: string) => number): number {
  return Math.max(0, ...facts.map((fact, at) => tokens(`${fronts[at]!} Q: ${fillPrompt(fact.prompt, fact.subject).text} A:`)));
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
