import { given } from '../../../shared/given.ts';
import { fillWording, type Fact, type Neighbor } from '../../../shared/fact.ts';

/** A prompt with the answer that is expected there. */
export interface Question {
  readonly prompt: string;
  readonly target: string;
}

/** A prompt about another subject; its answer must stay what it was. Without a target only a change of the answer can be seen. */
export interface NeighborQuestion {
  readonly prompt: string;
  readonly target?: string | undefined;
}

/** One fact with everything that it is checked by, whatever file it came from. */
export interface CheckRecord {
  /** The file's own case number, or the position in the file. */
  readonly id: string;
  /** Subject, prompt, target, and where known the target before. Its lists are empty: they stand below. */
  readonly fact: Fact;
  readonly paraphrases: readonly string[];
  readonly neighbors: readonly NeighborQuestion[];
  /** Other questions about the subject, which must keep their answers as neighbours must. */
  readonly sameSubject: readonly NeighborQuestion[];
  /** Prompts about subjects that have the new target already (CounterFact's attribute_prompts). */
  readonly attributePrompts: readonly string[];
  readonly generationPrompts: readonly string[];
  /** Questions that follow from the fact (EasyEdit's portability). */
  readonly portability: readonly Question[];
}

/** A fact of our own as a record; {} in other wordings is the subject, as in the prompt. */
export function recordOf(fact: Fact, id: string): CheckRecord {
  const { subject, prompt, target, previousTarget, relation } = fact;
  const { paraphrases = [], neighbors = [], sameSubject = [], generationPrompts = [] } = fact;
  return {
    ...emptyRecord,
    id,
    fact: { subject, prompt, target, ...given({ previousTarget, relation }) },
    paraphrases: paraphrases.map((one) => fillWording(one, subject)),
    generationPrompts: generationPrompts.map((one) => fillWording(one, subject)),
    neighbors: neighbors.map(asQuestion),
    sameSubject: sameSubject.map(asQuestion),
  };
}

function asQuestion(one: Neighbor): NeighborQuestion {
  return typeof one === 'string' ? { prompt: one } : one;
}

/** A record's lists, all empty. */
export const emptyRecord = {
  paraphrases: [],
  neighbors: [],
  sameSubject: [],
  attributePrompts: [],
  generationPrompts: [],
  portability: [],
} as const;
