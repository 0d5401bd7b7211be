import type { Params } from '../../../shared/contract.ts';
import { GREEDY } from '../../../shared/contract/probing.ts';

/** How to ask, as the options form holds it. */
export interface AskOptions {
  maxTokens: number;
  top: number;
  /** By the chat template in the model's folder. */
  chat: boolean;
  sampling: NonNullable<Params<'probing.ask'>['sampling']>;
}

export const DEFAULT_OPTIONS: AskOptions = { maxTokens: 24, top: 10, chat: false, sampling: GREEDY };

/** Levels of certainty, by their lower ends. */
const LEVELS = [0, 0.05, 0.2, 0.5, 0.8];

/** Which of five levels a probability is in: 0 is the least certain. */
export function level(probability: number): number {
  return LEVELS.findLastIndex((low) => probability >= low);
}

/** A token with its outer spaces and line ends made visible. */
export function visible(token: string): string {
  return token.replaceAll('\n', '↵').replace(/^ /, '·').replace(/ $/, '·').replaceAll('\t', '⇥');
}
