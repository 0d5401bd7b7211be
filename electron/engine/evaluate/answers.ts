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

/** Whether a place in a text has letters or digits on both sides. */
function insideWord(text: string, at: number): boolean {
  return /[\p{L}\p{N}]$/u.test(text.slice(0, at)) && /^[\p{L}\p{M}\p{N}]/u.test(text.slice(at));
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
