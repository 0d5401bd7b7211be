/**
 * The beginning of a JSON list with those of its elements that end in it, as a list of its own; undefined when none does. What stands in
 * them is for the parser to judge.
 * @param text begins with [
 */
export function wholeElements(text: string): string | undefined {
  let [depth, end, isQuoted] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (isQuoted) {
      if (sign === '\\') at++;
      else if (sign === '"') isQuoted = false;
    } else if (sign === '"') isQuoted = true;
    else if (sign === '[' || sign === '{') depth++;
    else if ((sign === ']' || sign === '}') && --depth === 0)
      return text; // what follows is no part of it
    else if (sign === ',' && depth === 1) end = at;
  }
  return end === 0 ? undefined : `${text.slice(0, end)}]`;
}
