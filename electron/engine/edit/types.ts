import type { Matrix } from '../linalg/matrix.ts';

/** One token row of a fact: context + prompt with the subject + target without its last token. */
export interface FactRow {
  readonly ids: readonly number[];
  /** Position of the subject's last token. */
  readonly subjectLast: number;
  /** Position whose logits predict the target's first token. */
  readonly targetStart: number;
}

/** Rows whose keys are read at a token; the plain one first. */
export interface KeyRows {
  readonly rows: readonly Pick<FactRow, 'ids' | 'subjectLast'>[];
}

/** A fact as tokens; everything an edit method needs to know of text. */
export interface FactTokens {
  /** Row 0 is the plain prompt, the others stand behind context texts. */
  readonly rows: readonly FactRow[];
  /** The wanted continuation. */
  readonly target: readonly number[];
  /** "{subject} is a": what must stay as it was. */
  readonly kl: { readonly ids: readonly number[]; readonly subjectLast: number };
  /** Prompts about the same subject whose next token is to stay, read at their end. */
  readonly own?: readonly { readonly ids: readonly number[]; readonly subjectLast: number }[];
}

/** What one weight gets: ΔW = left·rightᵀ for y = W·x, so left is [D, r] and right [F, r], both held by columns (r rows here). */
export interface WeightDelta {
  readonly layer: number;
  /** Name of the constant in the model file. */
  readonly weight: string;
  /** r × D. */
  readonly left: Matrix;
  /** r × F. */
  readonly right: Matrix;
}

/**
 * What any other weight gets that the hidden state runs along one axis of: rows of `left` [r, D] lie along that axis, those of `right`
 * along the other; a vector has one row there.
 */
export interface AxisDelta {
  readonly weight: string;
  readonly axis: 'first' | 'last';
  readonly left: Matrix;
  readonly right: Matrix;
}

/** The result of an edit. */
export interface Delta {
  readonly weights: readonly WeightDelta[];
  readonly others?: readonly AxisDelta[];
}

/** A thing that went not quite right in an edit that was done all the same. */
export interface EditWarning {
  readonly message: string;
  readonly hint: string;
}
