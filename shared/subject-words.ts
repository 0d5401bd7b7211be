/** Small words inside a name: "Gulf of Mexico", "Leonardo da Vinci". */
const PARTICLES = new Set([
  's',
  'of',
  'the',
  'and',
  'de',
  'da',
  'di',
  'du',
  'la',
  'le',
  'el',
  'von',
  'van',
  'der',
  'den',
  'bin',
  'al',
  'y',
]);
/** Words that questions and sentences begin with, in front of names. */
const OPENERS = new Set([
  'a',
  'an',
  'at',
  'for',
  'from',
  'how',
  'in',
  'on',
  'q',
  'the',
  'to',
  'what',
  'when',
  'where',
  'which',
  'who',
  'whose',
]);

/** A word of a text, and whether only spaces, or the apostrophe of a name, part it from the one before. */
interface Word {
  readonly text: string;
  readonly isJoined: boolean;
}

/**
 * What a prompt is likely to be about, where nobody says: its longest name, that is words with capitals or digits. Names at the beginning
 * count only where there is no other or they have several words, as sentences begin with a capital. Where capitals tell nothing, since
 * there are none, or other words have them too, it is what stands in the place of {} of a known wording, and where none fits, all words. In
 * small letters, without article. A guess: two prompts that it takes for one subject are at worst both left out where one would have
 * counted.
 * @param wordings with {} for the subject
 */
export function subjectIn(prompt: string, wordings: readonly string[] = []): string {
  const name = nameIn(prompt);
  const known = wordings.filter((wording) => name === '' || nameIn(`x ${wording.replace('{}', 'x')}`) !== '');
  const filled = known.flatMap((wording) => filledIn(prompt, wording)).reduce(shorter, prompt);
  // What stands alone is not the beginning of a sentence.
  if (filled !== prompt) return nameIn(`x ${filled}`) || inSmall(filled);
  return name || inSmall(prompt);
}

/** What stands in a prompt in place of the {} of a wording. */
function filledIn(prompt: string, wording: string): string[] {
  const [before, after, ...more] = wording.split('{}');
  if (before === undefined || after === undefined || more.length > 0) return [];
  const isOne = prompt.length > before.length + after.length && prompt.startsWith(before) && prompt.endsWith(after);
  const filled = isOne ? prompt.slice(before.length, prompt.length - after.length).trim() : '';
  return filled === '' ? [] : [filled];
}

function shorter(best: string, one: string): string {
  return one.length < best.length ? one : best;
}

/** The longest name of a text by its capitals; nothing where it has none. */
function nameIn(prompt: string): string {
  const names = namesIn(wordsOf(prompt));
  const candidates = names.filter(({ from, words: own }) => from > 0 || own.length > 1);
  const some = candidates.length > 0 ? candidates : names;
  return some.map((one) => one.words.join(' ')).reduce((best, one) => (one.length > best.length ? one : best), '');
}

function inSmall(text: string): string {
  return wordsOf(text)
    .map((one) => one.text.toLowerCase())
    .join(' ');
}

/** Letters of scripts that have no capitals, many of which put no spaces between words either. */
const WITHOUT_CASE = /\p{Lo}/u;
/** Longest name, in words, that is looked for inside a text. */
const LONGEST = 8;

/** Whether a prompt is likely to be about one of some subjects, as {@link subjectIn} gives them. @param wordings as there */
export function isAboutAny(prompt: string, subjects: ReadonlySet<string>, wordings: readonly string[] = []): boolean {
  if (subjects.has(subjectIn(prompt, wordings))) return true;
  if (WITHOUT_CASE.test(prompt) && [...subjects].some((one) => WITHOUT_CASE.test(one) && prompt.includes(one))) return true;
  const words = wordsOf(prompt).map(({ text }) => text.toLowerCase());
  return words.some((_, from) =>
    Array.from({ length: Math.min(LONGEST, words.length - from) }, (_, n) => words.slice(from, from + n + 1).join(' ')).some((name) =>
      subjects.has(name),
    ),
  );
}

function wordsOf(text: string): Word[] {
  let end = 0;
  return [...text.matchAll(/[\p{L}\p{M}\p{N}]+(?:[-.&][\p{L}\p{M}\p{N}]+)*/gu)].map(([word], at, all) => {
    const { index } = all[at]!;
    const isJoined = at > 0 && /^(?:\s+|['’])$/.test(text.slice(end, index));
    end = index + word.length;
    return { text: word, isJoined };
  });
}

/** Runs of words with capitals or digits, small words between them included, without an article in front. */
function namesIn(words: readonly Word[]): { readonly from: number; readonly words: readonly string[] }[] {
  const found: { from: number; words: readonly string[] }[] = [];
  for (let at = 0; at < words.length; at++) {
    if (!isCapital(words[at]!)) continue;
    let end = at + 1;
    for (let next = end; next < words.length && words[next]!.isJoined; next++) {
      if (isCapital(words[next]!)) end = next + 1;
      else if (!PARTICLES.has(words[next]!.text) || next > end + 1) break;
    }
    const name = bare(
      words.slice(at, end).map(({ text }) => text.toLowerCase()),
      at === 0,
    );
    if (name.length > 0) found.push({ from: at, words: name });
    at = end - 1;
  }
  return found;
}

/** A name without the words that lead to it: "In Egypt", "The Louvre", and at the beginning "Readers of King Lear". */
function bare(name: readonly string[], isFirst: boolean): readonly string[] {
  if (name[0] !== undefined && OPENERS.has(name[0])) return bare(name.slice(1), isFirst);
  return isFirst && name[1] === 'of' ? name.slice(2) : name;
}

function isCapital({ text }: Word): boolean {
  return /^[\p{Lu}\p{Lt}\p{N}]/u.test(text);
}
