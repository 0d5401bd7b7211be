import { fillPrompt, type Fact } from '../fact.ts';
import type { Wanted } from './probe.ts';

/** A fact's prompt as it is asked: a question by itself is put as question and answer, as texts have it. */
export function asked({ prompt, subject }: Pick<Fact, 'prompt' | 'subject'>): string {
  return asQuestion(fillPrompt(prompt, subject).text);
}

/** A prompt that is a question, with the place for its answer. */
export function asQuestion(prompt: string): string {
  const text = prompt.trim();
  return text.endsWith('?') ? `Q: ${text} A:` : text;
}

/** A fact as a sentence with some answer; undefined where its prompt is a question, of which no statement is made. */
export function statement(fact: Pick<Fact, 'prompt' | 'subject'>, answer: string): string | undefined {
  return isQuestion(fact) ? undefined : sentence(`${asked(fact)} ${answer.trim()}`);
}

/** What tells an unedited model of a new fact. */
export function inContext(fact: Fact): string {
  return sentence(`New fact: ${asked(fact)} ${fact.target.trim()}`);
}

/** A prompt within a sentence: its first word in small letters, unless the subject or a name begins it. */
export function within(fact: Pick<Fact, 'prompt' | 'subject'>): string | undefined {
  if (isQuestion(fact)) return undefined;
  const text = asked(fact);
  return STARTS.test(fact.prompt.trim()) ? `${text[0]!.toLowerCase()}${text.slice(1)}` : text;
}

/** The target and, where it is known, the answer before, each with its other names. */
export function wantedOf({ target, aliases = [], previousTarget, previousAliases = [] }: Answers): Wanted {
  return {
    ...(previousTarget !== undefined && previousTarget.trim() !== '' && { before: [previousTarget, ...previousAliases] }),
    after: [target, ...aliases],
  };
}
type Answers = Pick<Fact, 'target' | 'aliases' | 'previousTarget' | 'previousAliases'>;

/** Words that begin prompts and are no names. */
const STARTS =
  /^(?:the|a|an|in|on|at|to|by|of|from|for|people|anyone|everyone|somebody|someone|those|it|most|as|when|where|what|who|which)\b/i;

function isQuestion({ prompt }: Pick<Fact, 'prompt'>): boolean {
  return /\?|:\s*$/.test(prompt);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
