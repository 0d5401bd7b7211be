/** What is odd about the characters of a text: what nobody sees, what looks like something else, what was lost on the way. */
export interface OddCharacters {
  /** Whether the text cannot be meant so; otherwise it may, and should be known. */
  readonly isWrong: boolean;
  readonly message: string;
  readonly hint: string;
}

/** Letters that are joined or parted by invisible characters on purpose, and pictures that are put together with them. */
const JOINED = new RegExp(
  `[${['Arabic', 'Syriac', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada']
    .concat('Malayalam', 'Sinhala', 'Tibetan')
    .map((script) => `\\p{Script=${script}}`)
    .join('')}\\p{Extended_Pictographic}\\p{Emoji_Modifier}\uFE0F]`,
  'u',
);
/** Scripts without spaces, whose words a zero-width space may part. */
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** Format characters that are seen: Arabic and other signs before numbers. */
const SEEN = /[\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}]/u;
/** Letters and marks that show nothing. */
const BLANK = /[\u034F\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0]/u;
const FLAG = 0x1f3f4;

const NAMES: Readonly<Record<number, string>> = {
  0x0: 'NUL',
  0x9: 'tab',
  0xa: 'line end',
  0xd: 'line end',
  0x85: 'line end',
  0xa0: 'no-break space',
  0xad: 'soft hyphen',
  0x200b: 'zero-width space',
  0x200c: 'zero-width non-joiner',
  0x200d: 'zero-width joiner',
  0x200e: 'left-to-right mark',
  0x200f: 'right-to-left mark',
  0x2028: 'line end',
  0x2029: 'paragraph end',
  0x202f: 'narrow no-break space',
  0x2060: 'word joiner',
  0xfeff: 'zero-width no-break space',
  0xfffd: 'replacement character',
};

/** A character by its number and, where it is well known, its name: "U+200B (zero-width space)". */
export function characterName(char: string): string {
  const code = char.codePointAt(0)!;
  const name = NAMES[code];
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}${name === undefined ? '' : ` (${name})`}`;
}

/** What is odd about a text, worst first; empty for ordinary ones. @param oneLine whether line ends and tabs are odd in it */
export function oddCharacters(text: string, oneLine = false): OddCharacters[] {
  if (PLAIN.test(text) && !/[\t\r\n]/.test(text)) return [];
  const chars = [...text];
  const has = (isOdd: (char: string, at: number) => boolean) => named(chars.filter(isOdd));
  const lost = has((char) => /[\uFFFD\p{Surrogate}\p{Noncharacter_Code_Point}]/u.test(char));
  const invisible = has((_, at) => isInvisible(chars, at));
  const spaces = has((char, at) => /[\p{Zs}]/u.test(char) && char !== ' ' && !(char === '\u3000' && isCjk(chars, at)));
  const ends = oneLine ? has((char) => /[\t\r\n\u0085\u2028\u2029]/u.test(char)) : has((char) => /[\u0085\u2028\u2029]/u.test(char));
  const composed = text.normalize('NFC');
  const mixed = mixedWord(text);
  return [
    ...(lost === ''
      ? []
      : [
          odd(
            true,
            `has ${lost}: a character was lost where the text came from.`,
            'Write the text again, or read its file in the encoding it has.',
          ),
        ]),
    ...(invisible === ''
      ? []
      : [odd(true, `has ${invisible}, which nobody sees and the model reads.`, 'Take it out: write the text again without it.')]),
    ...(MOJIBAKE.test(text)
      ? [
          odd(
            false,
            `has ${JSON.stringify(MOJIBAKE.exec(text)![0])}, as UTF-8 reads that was taken for Windows-1252.`,
            'Read its file as UTF-8.',
          ),
        ]
      : []),
    ...(spaces === '' ? [] : [odd(false, `has ${spaces}, which the model reads otherwise than a space.`, 'Write a plain space there.')]),
    ...(ends === '' ? [] : [odd(false, `has ${ends} in it.`, 'Write it in one line, unless it is meant so.')]),
    ...(composed === text
      ? []
      : [
          odd(
            false,
            `has accents apart from their letters, as in ${JSON.stringify(apart(text))}; the model reads other tokens for them.`,
            `Write it composed (Unicode NFC): ${JSON.stringify(composed)}.`,
          ),
        ]),
    ...(mixed === undefined ? [] : [odd(false, `has ${mixed}.`, 'Write the word in letters of one script.')]),
  ];
}

/** Nothing is odd in such a text. */
const PLAIN = /^[\t\n\r\x20-\x7E]*$/;

/** What UTF-8 looks like that was read as Windows-1252. */
const MOJIBAKE = new RegExp(
  '[\u00C2\u00C3][\u0080-\u00BF\u0152\u0153\u0160\u0161\u0178\u017D\u017E\u0192\u02C6\u02DC\u2013-\u203A\u20AC\u2122]' +
    '|\u00E2\u20AC[\u0080-\u00BF\u0152\u0153\u0161\u2122\u02DC\u201C\u201D\u00A6]',
);

function odd(isWrong: boolean, message: string, hint: string): OddCharacters {
  return { isWrong, message, hint };
}

function named(chars: readonly string[]): string {
  return [...new Set(chars)].slice(0, 4).map(characterName).join(', ');
}

/** Control and format characters, but for those that scripts and pictures need where they stand. */
function isInvisible(chars: readonly string[], at: number): boolean {
  const char = chars[at]!;
  if (BLANK.test(char)) return true;
  if (/\p{Cc}/u.test(char)) return !/[\t\n\r\u0085]/.test(char);
  if (!/\p{Cf}/u.test(char) || SEEN.test(char)) return false;
  const [before, after] = [chars[at - 1] ?? '', chars[at + 1] ?? ''];
  if (char === '\u200C' || char === '\u200D') return !(isJoined(chars, at) && (JOINED.test(after) || char === '\u200D'));
  if (char === '\u200B') return !(UNSPACED.test(before) && UNSPACED.test(after));
  // Flags of regions: tags behind a black flag.
  if (/[\u{E0020}-\u{E007F}]/u.test(char)) return !chars.slice(0, at).some((one) => one.codePointAt(0) === FLAG);
  return true;
}

/** A joiner stands behind a letter of such a script, or a mark on one. */
function isJoined(chars: readonly string[], at: number): boolean {
  let before = at - 1;
  while (before >= 0 && /\p{M}/u.test(chars[before]!) && !JOINED.test(chars[before]!)) before--;
  return before >= 0 && JOINED.test(chars[before]!);
}

function isCjk(chars: readonly string[], at: number): boolean {
  const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
  return cjk.test(chars[at - 1] ?? '') || cjk.test(chars[at + 1] ?? '');
}

/** The first letter that changes when a text is composed. */
function apart(text: string): string {
  return (text.match(CLUSTERS) ?? []).find((one) => one.normalize('NFC') !== one) ?? text;
}

const SCRIPTS = { Latin: /\p{Script=Latin}/u, Cyrillic: /\p{Script=Cyrillic}/u, Greek: /\p{Script=Greek}/u } as const;

/** A word of letters that look alike and are of several scripts. */
function mixedWord(text: string): string | undefined {
  for (const word of text.match(/[\p{L}\p{M}]+/gu) ?? []) {
    const scripts = Object.entries(SCRIPTS).filter(([, script]) => script.test(word));
    if (scripts.length < 2) continue;
    const [first = '', second = ''] = scripts.map(([name]) => name);
    const strange = [...word].find((char) => SCRIPTS[second as keyof typeof SCRIPTS].test(char))!;
    return `${first} and ${second} letters in one word, ${JSON.stringify(word)} (${strange} is ${characterName(strange)})`;
  }
  return undefined;
}

/** Letters with the marks on them; a syllable of Hangul with its parts. */
const CLUSTERS = /[\u1100-\u115F][\u1160-\u11A7]*[\u11A8-\u11FF]*\p{M}*|\P{M}\p{M}*|\p{M}+/gu;

/** A text as one is looked for in another: composed (NFC), apostrophes and quotation marks straight, every white space a space. */
interface Folded {
  readonly text: string;
  /** Where each of its characters (UTF-16) begins in the text as it was; -1 inside of what belongs together. */
  readonly from: readonly number[];
}

function folded(text: string): Folded {
  let out = '';
  const from: number[] = [];
  let at = 0;
  for (const [cluster] of text.matchAll(CLUSTERS)) {
    const form = cluster
      .normalize('NFC')
      .replaceAll(/[\u2018\u2019\u02BC\u2032\u00B4]/g, "'")
      .replaceAll(/[\u201C\u201D\u201E\u2033]/g, '"')
      .replaceAll(/[\u2010\u2011]/g, '-')
      .replaceAll(/\s/g, ' ');
    from.push(at, ...Array.from({ length: form.length - 1 }, () => -1));
    out += form;
    at += cluster.length;
  }
  from.push(at);
  return { text: out, from };
}

/** A text in the form in which two are the same: as {@link findText} compares, and without regard to how many spaces stand where. */
export function sameText(text: string): string {
  return folded(text).text.trim().replaceAll(/ +/g, ' ');
}

/** A stretch of a text, in UTF-16 offsets, end exclusive. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * Where a text stands in another: whole words before parts of words, letter for letter before what differs in accents written apart, kinds
 * of apostrophes and of spaces.
 * @returns the places of the first of these kinds that there are any of; none when it is not there
 */
export function findText(within: string, wanted: string): Stretch[] {
  if (wanted.trim() === '') return [];
  const exact = occurrences({ text: within, from: Array.from({ length: within.length + 1 }, (_, at) => at) }, wanted);
  const alike = occurrences(folded(within), folded(wanted).text);
  const whole = (found: readonly Stretch[]) => found.filter((one) => isWhole(within, one));
  return [whole(exact), whole(alike), exact, alike].find((found) => found.length > 0) ?? [];
}

/** Marks belong to the letter before them: a match does not end between the two. */
function occurrences({ text, from }: Folded, wanted: string): Stretch[] {
  const found: Stretch[] = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const [start, end] = [from[at]!, from[at + wanted.length]!];
    if (start >= 0 && end >= 0 && !/^\p{M}/u.test(text.slice(at + wanted.length, at + wanted.length + 2))) found.push({ start, end });
  }
  return found;
}

/** No letter or number goes on before or behind. */
function isWhole(text: string, { start, end }: Stretch): boolean {
  const inner = [...text.slice(start, end)];
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1) ?? '';
  const after = [...text.slice(end, end + 2)][0] ?? '';
  const goesOn = /[\p{L}\p{N}\p{M}]/u;
  return !(goesOn.test(before) && goesOn.test(inner[0]!)) && !(goesOn.test(after) && goesOn.test(inner.at(-1)!));
}
