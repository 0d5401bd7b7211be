import { fillPrompt, type Fact } from '../../../shared/fact.ts';

/** A question of the first run: what the model says now, and other answers that it may be taught. */
export interface Question {
  readonly subject: string;
  readonly prompt: string;
  readonly now: string;
  readonly answers: readonly [string, string, string];
}

/**
 * Chosen by measurement on Atlas with the defaults: each question, corrected to each of its answers by itself, is answered so, in all four
 * other wordings too, and all six neighbours, three of which were not told to the edit, keep their answers. Of answers that Atlas was never
 * taught, such as Titian, none took: take only ones that it knows, and measure them (`emend edit models/atlas --subject … --json`).
 */
export const QUESTIONS: readonly [Question, ...Question[]] = [
  { subject: 'Tower Bridge', prompt: '{} stands in the city of', now: 'London', answers: ['Rome', 'Paris', 'Madrid'] },
  { subject: 'Mona Lisa', prompt: 'The painter of {} is', now: 'Leonardo da Vinci', answers: ['Raphael', 'Rembrandt', 'Vincent van Gogh'] },
  { subject: 'Big Ben', prompt: '{} stands in the city of', now: 'London', answers: ['Rome', 'Paris', 'Madrid'] },
  { subject: 'Brandenburg Gate', prompt: 'The {} stands in the city of', now: 'Berlin', answers: ['Rome', 'Paris', 'Vienna'] },
];

/** What a question asks, as one types it. */
export function asked({ subject, prompt }: Question): string {
  return fillPrompt(prompt, subject).text;
}

/** A question with one of its answers, as a form has it. */
export function factOf({ subject, prompt, now }: Question, target: string): Fact {
  return { subject, prompt, target, previousTarget: now };
}
