import { sentences } from '../words.ts';

/**
 * What a model wrote up to the end of its first sentence or line, when something stands behind that; undefined while it goes on. Line ends
 * in front are passed over, and no abbreviation, initial or number ends a sentence, where the published code stops at the first point.
 */
export function firstSentence(text: string): string | undefined {
  const body = text.trimStart();
  const lineEnd = body.search(/[\n\r]/);
  const line = lineEnd < 0 ? body : body.slice(0, lineEnd);
  const [first, second] = sentences(line);
  if (first !== undefined && second !== undefined) return first;
  const unspaced = /^[^。！？]*[。！？]/.exec(line);
  if (unspaced) return unspaced[0];
  return lineEnd < 0 ? undefined : line.trim();
}
