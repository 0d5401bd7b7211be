import { EmendError } from '../../../shared/errors.ts';
import { tokenise } from '../text/positions.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Texts } from './activations.ts';
import { type Concept, Labels } from './labels.ts';

/** A piece of a text that carries a concept: by its characters (UTF-16, end exclusive), or one token by its number. */
export type TextLabel = Concept &
  (
    | { readonly start: number; readonly end: number }
    /** Tokens count from 0, without a start token. `id`, where given, must be the token that is found there. */
    | { readonly position: number; readonly id?: number | undefined }
  );

/** A text with concepts in it, as files and facts give it. */
export interface LabelledText {
  readonly text: string;
  readonly labels: readonly TextLabel[];
  /** What tokens carry that no label touches. */
  readonly rest?: Concept | undefined;
  /** The piece that is a fact's answer. */
  readonly answer?: { readonly start: number; readonly end: number } | undefined;
}

/** Labelled texts as a dissection needs them. */
export interface Labelled {
  readonly texts: Texts;
  readonly labels: Labels;
  /** First place of each text. */
  readonly starts: readonly number[];
  /** Tokens of each text's answer, by position in its row with the start token. */
  readonly answers: readonly ({ readonly first: number; readonly last: number } | undefined)[];
}

/**
 * Cuts labelled texts into tokens. A token that holds any part of a labelled piece carries its concept.
 * @param most tokens; texts beyond are left out
 * @throws EmendError 'bad-input' for a label that fits no token, or a token that is another
 */
export function labelTexts(tokenizer: Tokenizer, given: readonly LabelledText[], most = Infinity): Labelled {
  const rows: number[][] = [];
  const carried: (readonly Concept[])[] = [];
  const documentOf: number[] = [];
  const starts: number[] = [];
  const answers: Labelled['answers'][number][] = [];
  let leading = 0;
  for (const [at, document] of given.entries()) {
    const row = tokenizer.encodeRow(document.text);
    leading = row.leading;
    const length = row.ids.length - leading;
    if (length === 0) continue;
    if (carried.length + length > most && rows.length > 0) break;
    const tokens = tokenise(tokenizer, document.text);
    const here: Concept[][] = Array.from({ length }, () => []);
    for (const label of document.labels) {
      const range = 'position' in label ? positionOf(tokenizer, row.ids, leading, label, at) : tokens.tokenRange(label.start, label.end);
      if (!range)
        throw new EmendError(
          'bad-input',
          `The tokenizer keeps nothing of a labelled piece (${label.category}: ${label.name}) of text ${at + 1}.`,
          'Label a piece that holds letters.',
        );
      for (let token = range.first; token <= range.last; token++) put(here[token - leading]!, label);
    }
    if (document.rest) for (const concepts of here) if (concepts.length === 0) put(concepts, document.rest);
    answers.push(document.answer && tokens.tokenRange(document.answer.start, document.answer.end));
    starts.push(carried.length);
    for (const concepts of here) {
      carried.push(concepts);
      documentOf.push(rows.length);
    }
    rows.push(row.ids);
  }
  const concepts = ordered(carried.flat());
  const number = new Map(concepts.map((concept, at) => [keyOf(concept), at]));
  const at = carried.map((one) => one.map((concept) => number.get(keyOf(concept))!));
  return { texts: { rows, leading }, labels: new Labels(concepts, at, Int32Array.from(documentOf)), starts, answers };
}

function put(concepts: Concept[], { category, name }: Concept): void {
  if (!concepts.some((one) => one.category === category && one.name === name)) concepts.push({ category, name });
}

function positionOf(
  tokenizer: Tokenizer,
  ids: readonly number[],
  leading: number,
  { position, id }: { readonly position: number; readonly id?: number | undefined },
  at: number,
): { first: number; last: number } {
  const found = ids[leading + position];
  if (found === undefined)
    throw new EmendError(
      'bad-input',
      `A label is for token ${position} of text ${at}, which has ${ids.length - leading} tokens (both counted from 0).`,
      'Take the positions from this model’s tokenizer.',
    );
  if (id !== undefined && id !== found)
    throw new EmendError(
      'bad-input',
      `Token ${position} of text ${at} (both counted from 0) is ${found} (${JSON.stringify(tokenizer.tokenText(found))}); ` +
        `the labels have ${id}.`,
      'The labels are of another tokenizer, or the texts are in another order.',
    );
  return { first: leading + position, last: leading + position };
}

/** Each concept once, by category and name. */
function ordered(concepts: readonly Concept[]): Concept[] {
  const seen = new Map(concepts.map((concept) => [keyOf(concept), concept]));
  return [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, concept]) => concept);
}

function keyOf({ category, name }: Concept): string {
  return `${category}\u0000${name}`;
}
