import type { HonestOutcome } from '../../../../../shared/contract/honest.ts';
import type { Asker } from '../asker.ts';

/** A question as it is put to one version. */
export interface Put {
  /** What stands in front: the new fact, unrelated text, or nothing. */
  readonly front: string;
  readonly prompt: string;
  readonly options: readonly string[];
}

export type Said = Omit<HonestOutcome, 'given'>;

/** One way to put questions and to judge what came. */
export interface WayToAsk {
  ask(asker: Asker, put: readonly Put[]): Promise<Said[]>;
  /** Whether what came is an answer that is looked for. @param unwanted what the answer was before, or shall become */
  isGiven(said: Said, wanted: readonly string[], unwanted: readonly string[]): boolean;
  /** Whether what is told of an answer goes together. */
  agrees?(said: Said, options: readonly string[]): boolean;
}

/** A prompt behind what stands in front of it. */
export function behind({ front, prompt }: Put): string {
  return front === '' ? prompt : `${front} ${prompt}`;
}
