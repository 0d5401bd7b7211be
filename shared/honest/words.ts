import type { HonestAnswer, HonestOutcome, HonestReport } from '../contract/honest.ts';
import { MEASURES } from '../measures.ts';
import { probeNames } from './index.ts';
import { honestRows } from './rows.ts';

/** What an honest check is called, and what it costs, wherever it is offered. */
export const HONEST = {
  title: 'Asked as people ask',
  /** @param before what the edited version is held against, such as "the version before the edit" */
  about: (before: string) =>
    `Each question is put to ${before} (is the old answer given?), to the same with the new fact written in front, and to the edited ` +
    'version. A model that fails a kind of question with the old answer shows nothing by failing it with the new one.',
  /** What the edited version is held against, by what is measured. */
  before: { edit: 'the version before the edit', version: 'the model as it was imported', model: 'the model without the edit' },
  sides: { before: 'Before: old answer', context: 'Told in front: new answer', after: 'Edited: new answer' },
} as const;

/** How writing ended, after what was written. */
export function endedWords({ ended }: HonestOutcome, limit: number): string {
  if (ended === undefined) return '';
  return { token: 'ended there', sentence: 'went on with another sentence', limit: `not ended within ${limit} tokens` }[ended];
}

/** Where the questions stood, and how long answers were let run, in a sentence. */
export function honestFrame({ limit, text }: HonestReport): string {
  const front =
    text === undefined
      ? 'No unrelated text was put in front: the model reads too few tokens.'
      : `The unrelated text has ${text.tokens} tokens.`;
  return `Answers are written greedily up to the end of their sentence, at most ${limit} tokens. ${front}`;
}

/** Labels of the kinds of questions that nothing was asked of, with the reason. */
export function notAsked(honest: HonestReport): string[] {
  const asked = new Set(honestRows(honest).map(({ probe }) => probe));
  return probeNames
    .filter((probe) => !asked.has(probe))
    .map((probe) => (probe === 'asked again' && !honest.isChat ? `${MEASURES[probe].label} (no chat model)` : MEASURES[probe].label));
}

/** What stood in front of a question for a version that was told the fact or not, and the question. */
export function askedIn({ prompt, isBehind }: HonestAnswer, text: HonestReport['text']): string {
  return isBehind && text ? `(${text.tokens} tokens of unrelated text) ${prompt}` : prompt;
}
