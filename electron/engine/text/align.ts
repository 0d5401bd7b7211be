import { EmendError } from '../../../shared/errors.ts';

/** Where each character of a text lies in the bytes that its tokens spell. */
export interface Alignment {
  /**
   * The bytes that stand for text[start, end): offset of the first and of the last byte.
   * Undefined when the tokens keep nothing of that piece.
   */
  bytes(start: number, end: number): { first: number; last: number } | undefined;
}

/** One character in a form in which both sides can be compared, and the stretch of its side that it comes from. */
interface Unit {
  readonly char: string;
  readonly from: number;
  readonly to: number;
}

/** Above this many cells the table below would take too much memory; reached only by long texts that a tokenizer rewrites all over. */
const MOST_CELLS = 50_000_000;

/**
 * Aligns a text with the bytes of its tokens. The two are mostly equal; a tokenizer may put a space in front, change case or
 * compose characters (NFC, NFKC, …), drop spaces, or put U+FFFD for what it does not know. Characters are compared in lower case
 * and decomposed, and what differs still is aligned with the fewest characters left out on either side.
 * @param text UTF-16; @param surface UTF-8
 * @throws EmendError 'unsupported' for a long text that the tokenizer rewrites all over
 */
export function align(text: string, surface: Uint8Array): Alignment {
  const left = textUnits(text);
  const right = surfaceUnits(surface);
  const partner = match(left, right);
  return {
    bytes(start, end) {
      let first: number | undefined;
      let last: number | undefined;
      left.forEach((unit, at) => {
        const other = partner[at]!;
        if (unit.from < start || unit.from >= end || other < 0) return;
        first ??= right[other]!.from;
        last = right[other]!.to - 1;
      });
      return first === undefined || last === undefined ? undefined : { first, last };
    },
  };
}

/** For every unit of the left side the unit of the right side that it became, or -1. */
function match(left: readonly Unit[], right: readonly Unit[]): Int32Array {
  const partner = new Int32Array(left.length).fill(-1);
  let head = 0;
  while (head < left.length && head < right.length && left[head]!.char === right[head]!.char) partner[head] = head++;
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head && left.at(-1 - tail)!.char === right.at(-1 - tail)!.char) {
    tail++;
    partner[left.length - tail] = right.length - tail;
  }
  const rows = left.length - head - tail;
  const columns = right.length - head - tail;
  if (rows === 0 || columns === 0) return partner;
  const steps = editSteps(left.slice(head, head + rows), right.slice(head, head + columns));
  for (let row = rows, column = columns; row > 0 && column > 0;) {
    const step = steps[row * (columns + 1) + column];
    if (step === PAIR && pairCost(left[head + row - 1]!.char, right[head + column - 1]!.char) < 2)
      partner[head + row - 1] = head + column - 1;
    if (step !== INSERT) row--;
    if (step !== DELETE) column--;
  }
  return partner;
}

const PAIR = 0;
const DELETE = 1;
const INSERT = 2;

/** The last step of the cheapest way to make right[0, column) from left[0, row), for all rows and columns (Wagner and Fischer). */
function editSteps(left: readonly Unit[], right: readonly Unit[]): Uint8Array {
  const width = right.length + 1;
  if ((left.length + 1) * width > MOST_CELLS) {
    throw new EmendError(
      'unsupported',
      'The tokenizer rewrites this text all over, and it is too long to find the subject in it.',
      'Use a shorter prompt.',
    );
  }
  const steps = new Uint8Array((left.length + 1) * width);
  let above = Uint32Array.from({ length: width }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const costs = new Uint32Array(width);
    costs[0] = row;
    for (let column = 1; column < width; column++) {
      const pair = above[column - 1]! + pairCost(left[row - 1]!.char, right[column - 1]!.char);
      const drop = above[column]! + 1;
      const insert = costs[column - 1]! + 1;
      const least = Math.min(pair, drop, insert);
      costs[column] = least;
      steps[row * width + column] = pair === least ? PAIR : drop === least ? DELETE : INSERT;
    }
    above = costs;
  }
  return steps;
}

/** What an unknown-token spells may stand for anything; other unequal characters are never the same one (as dear as leaving both out). */
function pairCost(left: string, right: string): number {
  return left === right ? 0 : right === '\uFFFD' ? 1 : 2;
}

/**
 * Lower case and compatibility-decomposed, so that what a normaliser did does not matter. Accents that stand alone (¸) stay whole:
 * they decompose to a space and an accent, and that space is not to be taken for one between words.
 */
function folded(char: string): string[] {
  const parts = [...char.normalize('NFKD').toLowerCase()];
  return parts[0] === ' ' && parts.length > 1 ? [char] : parts;
}

function textUnits(text: string): Unit[] {
  const units: Unit[] = [];
  let from = 0;
  for (const char of text) {
    const to = from + char.length;
    // A surrogate without its pair is encoded as U+FFFD.
    for (const part of folded(/\p{Surrogate}/u.test(char) ? '\uFFFD' : char)) units.push({ char: part, from, to });
    from = to;
  }
  return units;
}

function surfaceUnits(surface: Uint8Array): Unit[] {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const units: Unit[] = [];
  for (let from = 0; from < surface.length;) {
    const byte = surface[from]!;
    let to = Math.min(surface.length, from + (byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4));
    let char: string;
    try {
      char = strict.decode(surface.subarray(from, to));
    } catch {
      char = '\uFFFD';
      to = from + 1;
    }
    for (const part of folded(char)) units.push({ char: part, from, to });
    from = to;
  }
  return units;
}
