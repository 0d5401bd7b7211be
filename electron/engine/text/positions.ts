import { EmendError } from '../../../shared/errors.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { align } from './align.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A text as token ids, with its start token where the tokenizer adds one, and the tokens behind each piece of it. */
export interface TokenisedText {
  readonly text: string;
  readonly ids: number[];
  /**
   * The token that holds the first character of text[start, end) and the one that holds its last (its last byte, where a
   * character is spread over tokens). Undefined when the tokenizer keeps nothing of that piece.
   */
  tokenRange(start: number, end: number): { first: number; last: number } | undefined;
}

/**
 * Tokenises a whole text and finds the tokens behind any piece of it. Pieces are never tokenised by themselves: that gives
 * other tokens at the seams (a start token, a lost or a doubled space), which is what goes wrong in rome/repr_tools.py with Llama.
 * The library gives no offsets, so the bytes of all tokens are laid end to end and aligned with the text.
 */
export function tokenise(tokenizer: Tokenizer, text: string): TokenisedText {
  const { ids, leading } = tokenizer.encodeRow(text);
  const pieces = ids.slice(leading).map((id) => tokenizer.tokenBytes(id));
  const surface = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  const owner = new Int32Array(surface.length);
  let offset = 0;
  pieces.forEach((piece, at) => {
    surface.set(piece, offset);
    owner.fill(leading + at, offset, offset + piece.length);
    offset += piece.length;
  });
  const alignment = align(text, surface);
  return {
    text,
    ids,
    tokenRange(start, end) {
      const bytes = alignment.bytes(start, end);
      return bytes && { first: owner[bytes.first]!, last: owner[bytes.last]! };
    },
  };
}

/** A row of tokens with the positions of the subject in it. */
export interface SubjectRow {
  readonly ids: number[];
  /** Position of the token that holds the subject's first character. */
  readonly subjectFirst: number;
  /** Position of the token that holds the subject's last character; it may hold more, where the tokenizer merges ("Rome's"). */
  readonly subjectLast: number;
}

/**
 * The filled prompt as tokens, and where the subject lies in it. The {} decides which occurrence is meant.
 * @param prompt with exactly one {}; @param prefix text in front of it, such as a context "It was late. "
 * @throws EmendError 'bad-input' for a prompt without exactly one {}, an empty subject, or one that the tokenizer drops
 */
export function locateSubject(tokenizer: Tokenizer, prompt: string, subject: string, prefix = ''): SubjectRow {
  const filled = fillSubject(prompt, subject, prefix);
  return subjectRow(tokenise(tokenizer, filled.text), filled);
}

/** A row of tokens that ends in a target. */
export interface TargetRow {
  /** Prompt and target; the logits at targetStart − 1 predict the first target token. */
  readonly ids: number[];
  readonly targetStart: number;
  /** ids from targetStart on. */
  readonly targetIds: number[];
}

/**
 * A prompt and its target as one row, tokenised as a whole, as the model would read it; the space between the two belongs to the
 * target. Where prompt and target share a token (only without a space between them) that token counts as the target's first: it is the
 * first that the model can get wrong.
 * @param filledPrompt complete text, no {}; @param target with or without its leading space
 * @throws EmendError 'bad-input' for an empty target, or when nothing stands before it
 */
export function rowWithTarget(tokenizer: Tokenizer, filledPrompt: string, target: string): TargetRow {
  const joined = joinTarget(filledPrompt, target);
  return targetRow(tokenise(tokenizer, joined.text), joined.targetStart, target);
}

/** A whole row for an edit: prefix, prompt with its subject, and target. */
export function factRow(
  tokenizer: Tokenizer,
  fact: { prompt: string; subject: string; target: string },
  prefix = '',
): SubjectRow & TargetRow {
  const filled = fillSubject(fact.prompt, fact.subject, prefix);
  const joined = joinTarget(filled.text, fact.target);
  const tokens = tokenise(tokenizer, joined.text);
  return { ...subjectRow(tokens, filled), ...targetRow(tokens, joined.targetStart, fact.target) };
}

/** Which token of a prompt an edit reads its key from; the names are those of the published hyperparameters (rome/compute_u.py). */
export type FactToken = 'subject_last' | 'subject_first' | 'subject_first_after_last' | 'last';

/**
 * The position that a {@link FactToken} means in a row without its target.
 * @throws EmendError 'bad-input' for subject_first_after_last where the prompt ends with the subject
 */
export function factTokenPosition(row: SubjectRow, which: FactToken): number {
  switch (which) {
    case 'subject_last':
      return row.subjectLast;
    case 'subject_first':
      return row.subjectFirst;
    case 'last':
      return row.ids.length - 1;
    case 'subject_first_after_last':
      if (row.subjectLast + 1 < row.ids.length) return row.subjectLast + 1;
      throw new EmendError(
        'bad-input',
        'The prompt ends with the subject, so there is no token after it (fact_token subject_first_after_last).',
        'Use subject_last, or a prompt that goes on after {}.',
      );
  }
}

/**
 * Joins a prompt and a target by one space. None where one of them brings a space, after an opening bracket or quotation mark,
 * and in scripts that write no spaces between words.
 * @returns the text, and where the target with its space begins
 */
export function joinTarget(filledPrompt: string, target: string): { text: string; targetStart: number } {
  if (target.trim() === '')
    throw new EmendError('bad-input', 'The target is empty.', 'Write what the model should answer.', { field: 'target' });
  const prompt = filledPrompt.trimEnd();
  const space =
    prompt === ''
      ? ''
      : filledPrompt.slice(prompt.length) ||
        /^\s*/.exec(target)![0] ||
        (NO_SPACE_AFTER.test(prompt) || NO_SPACE_BEFORE.test(target) ? '' : ' ');
  return { text: prompt + space + target.trimStart(), targetStart: prompt.length };
}

const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const NO_SPACE_AFTER = new RegExp(`[${UNSPACED}([{“‘«「『]$`, 'u');
const NO_SPACE_BEFORE = new RegExp(`^[${UNSPACED}]`, 'u');

interface Filled {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The subject's place in prefix + prompt, without the spaces around it: a space at its end is part of the next word's token. */
function fillSubject(prompt: string, subject: string, prefix: string): Filled {
  const words = subject.trim();
  if (words === '') throw new EmendError('bad-input', 'The subject is empty.', 'Write what the fact is about.', { field: 'subject' });
  const { text, start } = fillPrompt(prompt, subject);
  const from = prefix.length + start + subject.indexOf(words);
  return { text: prefix + text, start: from, end: from + words.length };
}

function subjectRow(tokens: TokenisedText, { text, start, end }: Filled): SubjectRow {
  const range = tokens.tokenRange(start, end);
  if (range) return { ids: tokens.ids, subjectFirst: range.first, subjectLast: range.last };
  throw new EmendError(
    'bad-input',
    `The tokenizer keeps nothing of the subject ${JSON.stringify(text.slice(start, end))}.`,
    'Write the subject in characters that the model knows.',
    { field: 'subject' },
  );
}

function targetRow(tokens: TokenisedText, start: number, target: string): TargetRow {
  const range = tokens.tokenRange(start, tokens.text.length);
  if (!range)
    throw new EmendError(
      'bad-input',
      `The tokenizer keeps nothing of the target ${JSON.stringify(target)}.`,
      'Write the target in characters that the model knows.',
      { field: 'target' },
    );
  if (range.first === 0) {
    throw new EmendError(
      'bad-input',
      'There is no token before the target, so nothing can predict it.',
      'Write a prompt, or use a tokenizer with a start token.',
      { field: 'prompt' },
    );
  }
  return { ids: tokens.ids, targetStart: range.first, targetIds: tokens.ids.slice(range.first) };
}
