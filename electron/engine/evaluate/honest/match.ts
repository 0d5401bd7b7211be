import { beginsWith } from '../answers.ts';

/**
 * An answer as answers are compared: lower case, without ASCII punctuation and articles, spaces squeezed. SQuAD's normalize_answer, as
 * WILD has it (WanliYoung/Revisit-Editing-Evaluation, easyeditor/evaluate/evaluate_utils.py). What would be left without a letter, such
 * as the answer "A", keeps its articles.
 */
export function normalized(text: string): string {
  const plain = text.toLowerCase().replaceAll(PUNCTUATION, '');
  const squeezed = (one: string) => one.split(/\s+/).filter(Boolean).join(' ');
  return squeezed(plain.replaceAll(ARTICLES, ' ')) || squeezed(plain);
}

const PUNCTUATION = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** Whether a text is one of some answers, and nothing else. */
export function isAnswer(text: string, answers: readonly string[]): boolean {
  const said = normalized(text);
  return said !== '' && answers.some((one) => normalized(one) === said);
}

/** Whether a text begins with one of some answers. */
export function beginsWithAnswer(text: string, answers: readonly string[]): boolean {
  return answers.some((one) => one.trim() !== '' && beginsWith(text, one));
}

/** Whether a text names one of some answers, as whole words. */
export function namesAnswer(text: string, answers: readonly string[]): boolean {
  const said = ` ${normalized(text)} `;
  return answers.some((one) => normalized(one) !== '' && said.includes(` ${normalized(one)} `));
}
