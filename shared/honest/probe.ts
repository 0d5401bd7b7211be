import type { Fact } from '../fact.ts';

/**
 * How a question is put, and what counts. `write`: the model writes by itself up to the natural end, and that is the whole answer.
 * `begin`: it writes, and begins with the answer. `choose`: of some answers the likeliest counts. `talk`: it is asked as a chat, and
 * asked again.
 */
export const WAYS = ['write', 'begin', 'choose', 'talk'] as const;
export type Way = (typeof WAYS)[number];

/** One question of an honest check. */
export interface Question {
  readonly way: Way;
  /** As it is put, but for what stands in front of it. */
  readonly prompt: string;
  /** The unrelated text stands in front. */
  readonly isBehind?: true;
  /** What is chosen from. */
  readonly options?: readonly string[];
  readonly wanted: Wanted;
}

/** The answers that count, any of them: of the version before the edit those that held then, where they are known. */
export interface Wanted {
  readonly before?: readonly string[];
  readonly after: readonly string[];
}

/** What a check has beside a fact to ask by. */
export interface HonestMaterial {
  /** Text that has nothing to do with the facts. */
  readonly text?: string | undefined;
  /** Other answers of the kind, to choose from beside the new and the old one. */
  readonly distractors?: readonly string[] | undefined;
  /** Whether the model was made to be talked to: it has a chat template. */
  readonly isChat: boolean;
}

/** A kind of question that shows whether an edit holds as people ask, and not only where it was written. */
export interface Probe {
  /** What is asked, word for word as far as it is the same for all facts. */
  readonly asks: string;
  /** What counts as given. */
  readonly counts: string;
  /** The share that guessing reaches. */
  readonly chance?: string;
  /** None where a fact gives no material for it. */
  questions(fact: Fact, material: HonestMaterial): readonly Question[];
}
