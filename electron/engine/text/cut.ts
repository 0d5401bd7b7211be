import { EmendError } from '../../../shared/errors.ts';
import { fillPrompt, fillWording, type Fact, type Neighbor } from '../../../shared/fact.ts';
import { loadTokenizer } from './load.ts';
import { factRow, joinTarget } from './positions.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A fact as one row of tokens, prompt and target, and where subject and target lie in it; or why it cannot be cut. */
export type CutFact =
  | { readonly tokens: readonly string[]; readonly subjectFirst: number; readonly subjectLast: number; readonly targetStart: number }
  | { readonly problem: Problem };
export interface Problem {
  readonly message: string;
  readonly hint: string;
  readonly field: keyof Fact;
}

/** The tokenizer used last stays: screens ask for one model at a time. */
let last: { readonly folder: string; readonly tokenizer: Promise<Tokenizer> } | undefined;

/** The tokenizer of a model, without the model. @param folder its files @throws EmendError as {@link loadTokenizer} */
export function tokenizerOf(folder: string): Promise<Tokenizer> {
  if (last?.folder !== folder) {
    const tokenizer = loadTokenizer(folder);
    last = { folder, tokenizer };
    tokenizer.catch(() => (last = undefined));
  }
  return last.tokenizer;
}

/** Cuts a fact as an edit would. */
export function cutFact(tokenizer: Tokenizer, fact: Fact): CutFact {
  try {
    const row = factRow(tokenizer, fact);
    return {
      tokens: row.ids.map((id) => tokenizer.tokenText(id)),
      subjectFirst: row.subjectFirst,
      subjectLast: row.subjectLast,
      targetStart: row.targetStart,
    };
  } catch (error) {
    if (!(error instanceof EmendError)) throw error;
    const { field } = error.details;
    return { problem: { message: error.message, hint: error.hint, field: typeof field === 'string' ? (field as keyof Fact) : 'prompt' } };
  }
}

/** Tokens of the texts that methods put in front of a prompt, with the full stop and space between. */
const CONTEXT = 12;

/**
 * Texts of a fact that are longer than the model reads, one for each field: an edit or its check would end at them when all else is worked
 * out.
 * @param positions how many tokens the model reads
 */
export function tooLong(tokenizer: Tokenizer, fact: Fact, positions: number): Problem[] {
  const { subject, prompt, target, previousTarget = '', paraphrases = [], neighbors = [], generationPrompts = [] } = fact;
  const { sameSubject = [], follows = [], told } = fact;
  const longer = previousTarget.length > target.length ? previousTarget : target;
  const withTarget = (text: string, answer: string) => (answer.trim() === '' ? text : joinTarget(text, answer).text);
  const asWording = (one: string) => withTarget(fillWording(one, subject), longer);
  const asNeighbor = (one: Neighbor) => (typeof one === 'string' ? one : withTarget(one.prompt, one.target ?? longer));
  const isAsked = prompt.split('{}').length === 2;
  const texts: readonly (readonly [field: keyof Fact, what: string, texts: readonly string[], more: number])[] = [
    ['prompt', 'The prompt with its target', isAsked ? [withTarget(fillPrompt(prompt, subject).text, longer)] : [], CONTEXT],
    ['paraphrases', 'A wording with the target', paraphrases.map(asWording), 0],
    ['neighbors', 'A neighbour with its answer', neighbors.map(asNeighbor), 0],
    ['sameSubject', 'Another fact about the subject with its answer', sameSubject.map(asNeighbor), 0],
    ['follows', 'What may follow from the fact, with its answer,', follows.map(asNeighbor), 0],
    [
      'told',
      'What the edit is told of',
      told ? [...told.wordings.map(asWording), ...[...told.neighbors, ...(told.sameSubject ?? [])].map(asNeighbor)] : [],
      CONTEXT,
    ],
    ['generationPrompts', 'A prompt to write on from', generationPrompts.map((one) => fillWording(one, subject)), 1],
  ];
  return texts.flatMap(([field, what, all, more]): Problem[] => {
    for (const text of all) {
      // No token is shorter than a byte, and few tokenizers write more than is there.
      if (2 * new TextEncoder().encode(text).length + more < positions) continue;
      const { length } = tokenizer.encode(text);
      if (length + more <= positions) continue;
      const beside = more > 1 ? ` (and ${more} more are put in front while an edit is worked out)` : '';
      const message = `${what} has ${length} tokens${beside}; the model reads ${positions}: ${JSON.stringify(brief(text))}.`;
      return [{ field, message, hint: 'Write it shorter, or leave it out.' }];
    }
    return [];
  });
}

function brief(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
