import * as v from 'valibot';

const whole = v.pipe(v.number('expected a whole number'), v.safeInteger('expected a whole number'));
const natural = v.pipe(whole, v.minValue(0, 'expected a position from 0 on'));

/**
 * Which tokens are touched. Positions are absolute: they count from 0 with the start token, whatever is cached. The prompt has P tokens;
 * the
 * answer begins behind it.
 */
export const PositionsSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('all') }),
  /** Tokens of the prompt only. */
  v.strictObject({ kind: v.literal('prompt') }),
  /** From a position on. */
  v.strictObject({ kind: v.literal('from'), position: natural }),
  /** From P + offset on. −1 is the last token of every pass of a cached generation: the prompt's last one, then each that was written. */
  v.strictObject({ kind: v.literal('answer'), offset: whole }),
  /** Single positions; negative ones count from the prompt's end. */
  v.strictObject({ kind: v.literal('at'), positions: v.pipe(v.array(whole), v.minLength(1, 'expected a position'), v.readonly()) }),
  /** A vector for each token, laid at the prompt's beginning, middle or end (Activation Addition). */
  v.strictObject({ kind: v.literal('aligned'), to: v.picklist(['front', 'mid', 'back']), tokens: v.pipe(natural, v.minValue(1)) }),
]);
export type Positions = v.InferOutput<typeof PositionsSchema>;

/** The last token of every pass: the prompt's last one and everything that is written. */
export const LAST: Positions = { kind: 'answer', offset: -1 };

/** Where a row's prompt ends and its answer begins; of a text that is no answer to anything these differ. */
export interface Boundary {
  readonly prompt: number;
  readonly answer: number;
}

/** The first position of an aligned vector of n tokens on a prompt of P: 0, ⌊P/2⌋ − ⌊n/2⌋, P − n (activation_additions). */
export function alignedStart(to: 'front' | 'mid' | 'back', tokens: number, prompt: number): number {
  if (to === 'front') return 0;
  return to === 'back' ? prompt - tokens : Math.floor(prompt / 2) - Math.floor(tokens / 2);
}

/** Whether a token is touched. The graph of electron/engine/steer/positions.ts says the same. */
export function touches(positions: Positions, at: number, { prompt, answer }: Boundary): boolean {
  if (positions.kind === 'all') return true;
  if (positions.kind === 'prompt') return at < prompt;
  if (positions.kind === 'from') return at >= positions.position;
  if (positions.kind === 'answer') return at >= answer + positions.offset;
  if (positions.kind === 'at') return positions.positions.some((one) => (one < 0 ? prompt + one : one) === at);
  const start = alignedStart(positions.to, positions.tokens, prompt);
  return at >= start && at < start + positions.tokens;
}

/** The touched tokens of a row of so many. */
export function touchedOf(positions: Positions, tokens: number, boundary: Boundary): number[] {
  return Array.from({ length: tokens }, (_, at) => at).filter((at) => touches(positions, at, boundary));
}

/** In words, to stand behind "at". */
export function positionsSaid(positions: Positions): string {
  if (positions.kind === 'all') return 'every token';
  if (positions.kind === 'prompt') return 'the tokens of the prompt';
  if (positions.kind === 'from') return `every token from position ${positions.position} on`;
  if (positions.kind === 'at') return `position ${positions.positions.join(', ')}`;
  if (positions.kind === 'aligned')
    return `${positions.tokens} tokens at the prompt's ${{ front: 'beginning', mid: 'middle', back: 'end' }[positions.to]}`;
  if (positions.offset === -1) return "the prompt's last token and every token of the answer";
  if (positions.offset === 0) return 'every token of the answer';
  const far = Math.abs(positions.offset);
  return positions.offset > 0 ? `the answer from its token ${far + 1} on` : `the prompt's last ${far} tokens and every token of the answer`;
}
