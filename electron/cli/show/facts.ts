import type { Result } from '../../../shared/contract.ts';
import { countSlots, fillPrompt } from '../../../shared/fact.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';

/** A fact that an edit in force wrote. */
export type FactInForce = Result<'versions.diff'>['onlyA'][number];

/** A fact in a line: "Tower Bridge stands in the city of → Rome". */
export function factLine({
  subject,
  prompt,
  target,
}: {
  readonly subject: string;
  readonly prompt: string;
  readonly target: string;
}): string {
  const sentence = countSlots(prompt) === 1 ? fillPrompt(prompt, subject).text : prompt;
  return `${shorten(oneLine(sentence), 70)} → ${oneLine(target)}`;
}

/** Facts in a line: the first, and how many more. */
export function factsLine(facts: readonly { readonly subject: string; readonly prompt: string; readonly target: string }[]): string {
  const [first, ...rest] = facts;
  if (first === undefined) return '';
  return rest.length === 0 ? factLine(first) : `${factLine(first)}, and ${rest.length} more`;
}
