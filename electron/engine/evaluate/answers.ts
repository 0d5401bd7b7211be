/** Whether an answer begins with the target and the word ends there ("Po" is not "Poland"); scripts without spaces have no such end. */
export function beginsWith(answer: string, target: string): boolean {
  const [written, wanted] = [answer.trimStart(), target.trim()];
  if (!written.startsWith(wanted)) return false;
  return !insideWord(written, wanted.length) || UNSPACED.test(wanted);
}

/** How many of some tokens make up whole words: at least `least`, or all there are. @param texts what the first 1, 2, 3 … tokens say */
export function wholeWords(texts: readonly string[], least: number): number {
  let end = Math.min(least, texts.length);
  while (end < texts.length && insideWord(texts[end]!, texts[end - 1]!.length) && !UNSPACED.test(texts[end - 1]!)) end++;
  return end;
}

/**
 * The answer with which a text that a model wrote begins: what stands up to the end of its clause where that is short, else a name as far
 * as it is capitalised, else one word with its article. A model goes on talking; this is how far it answered.
 */
export function answerIn(text: string): string {
  const written = text.trimStart();
  const end = clauseEnd(written);
  const clause = (end === undefined ? written : written.slice(0, end)).trim();
  const words = clause.split(/\s+/);
  if (end !== undefined && words.length <= SHORT) return clause;
  const first = ARTICLE.test(words[0]!) && words.length > 1 ? 1 : 0;
  if (!CAPITAL.test(words[first]!)) return words.slice(0, first + 1).join(' ');
  let last = first;
  for (let at = first + 1; at < words.length; at++)
    if (CAPITAL.test(words[at]!)) last = at;
    else if (!WITHIN_NAME.test(words[at]!)) break;
  return words.slice(0, last + 1).join(' ');
}

/** A clause of so many words is an answer as it stands: "association football", "the Kingdom of Spain" is one by its capitals. */
const SHORT = 3;
const CAPITAL = /^[\p{Lu}\p{Lt}]/u;
const ARTICLE = /^(?:the|an?)$/i;
const WITHIN_NAME = /^(?:of|the|and|de|del|della|da|di|do|dos|du|la|le|les|van|von|der|den|al|el|bin|ibn)$/;

/** Where the first clause of a text ends; undefined when it goes on. A point behind a short capitalised word is an abbreviation's. */
function clauseEnd(text: string): number | undefined {
  for (const { index, 0: mark } of text.matchAll(/[.,;:!?()\[\]"“”\n\r]|\s[–—-]\s/g)) {
    const before = text.slice(0, index);
    const isAbbreviation = mark === '.' && /(?:^|[\s.])\p{Lu}\p{L}?$/u.test(before);
    const isInNumber = (mark === '.' || mark === ',') && /\d$/.test(before) && /^\d/.test(text.slice(index + 1));
    if (index > 0 && !isAbbreviation && !isInNumber) return index;
  }
  return undefined;
}

/** Whether a place in a text has letters or digits on both sides. */
function insideWord(text: string, at: number): boolean {
  return /[\p{L}\p{N}]$/u.test(text.slice(0, at)) && /^[\p{L}\p{M}\p{N}]/u.test(text.slice(at));
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
