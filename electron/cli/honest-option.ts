import type { Fact } from '../../shared/fact.ts';
import { honestPrompts } from '../../shared/honest/index.ts';
import { flag } from './options.ts';

/** Facts are asked as people ask, too; shared by the commands that measure. */
export const honestOption = flag(
  'Also ask as people ask: answers written freely to their end, behind unrelated text, denied, as true or false, to choose from, asked ' +
    'again, one hop further; each beside the model before and with the fact told in front (some 70 more prompts a fact)',
);

/** What it costs, before it begins. */
export function honestPrice(facts: readonly Fact[]): string {
  return `Asked as people ask, too: up to ${honestPrompts(facts).toLocaleString('en')} more prompts.`;
}
