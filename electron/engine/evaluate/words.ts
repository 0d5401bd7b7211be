/**
 * Words and signs of an English text by the Penn Treebank's conventions, as nltk's word_tokenize gives them: signs stand alone,
 * clitics are split off (do n't, it 's), and a full stop stands alone only where it ends a sentence.
 * Where nltk finds sentences with a trained model (Punkt) this uses a rule and a list of abbreviations: a sentence ends at . ? or !
 * before a capital, a digit or a quotation mark.
 */
export function wordTokens(text: string): string[] {
  return sentences(text).flatMap(sentenceTokens);
}

/** Words and signs of one sentence. The rules work in order; each sets a space around what it splits off. */
export function sentenceTokens(sentence: string): string[] {
  let text = sentence;
  for (const [pattern, spaced] of inside) text = text.replace(pattern, spaced);
  text = ` ${text} `;
  for (const [pattern, spaced] of endings) text = text.replace(pattern, spaced);
  return text.split(/\s+/).filter((word) => word !== '');
}

type Rule = readonly [RegExp, string];
const alone = ' $& ';
const word = '[\\p{L}\\p{N}_]';
const quotesAfterStop = '[\\])}>"\'»”’ ]*';

/** Opening quotes, then punctuation, then brackets and dashes. */
const inside: readonly Rule[] = [
  [/[«“‘„]|`+/gu, alone],
  [/^"/g, '``'],
  [/``/g, alone],
  [/([ ([{<])("|'{2})/g, '$1 `` '],
  [new RegExp(`(?<!${word})'(?!(?:re|ve|ll|m|t|s|d|n)(?!${word}))(?=${word})`, 'giu'), "' "],
  [new RegExp(`([^.])(\\.)(${quotesAfterStop})\\s*$`, 'u'), '$1 $2 $3 '],
  [/([:,])(\D)/gu, ' $1 $2'],
  [/[:,]$/u, alone],
  [/\.{2,}/g, alone],
  [/[;@#$%&]/g, alone],
  [/[\u2012-\u2015]/g, alone],
  [/([^.])(\.)([\])}>"']*)\s*$/u, '$1 $2$3 '],
  [/[?!]/g, alone],
  [/([^'])' /gu, "$1 ' "],
  [/\*/g, alone],
  [/[\][(){}<>]/g, alone],
  [/--/g, alone],
];

/** Closing quotes, then clitics, then words that are two run together. */
const endings: readonly Rule[] = [
  [/[»”’]/gu, alone],
  [/''|"/g, " '' "],
  [/\s+/g, ' '],
  [/([^' ])('[smd]|') /giu, '$1 $2 '],
  [/([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) /gu, '$1 $2 '],
  [/\b(can)(not)\b/gi, ' $1 $2 '],
  [/\b(d)('ye)\b/gi, ' $1 $2 '],
  [/\b(gim|lem)(me)\b/gi, ' $1 $2 '],
  [/\b(gon)(na)\b/gi, ' $1 $2 '],
  [/\b(wan)(na)(?=\s)/gi, ' $1 $2 '],
  [/\b(got)(ta)\b/gi, ' $1 $2 '],
  [/\b(more)('n)\b/gi, ' $1 $2 '],
  [/ ('t)(is|was)\b/gi, ' $1 $2 '],
];

/** Shortened words whose full stop ends no sentence. */
const abbreviations = new Set([
  'mr',
  'mrs',
  'ms',
  'dr',
  'prof',
  'st',
  'jr',
  'sr',
  'vs',
  'etc',
  'e.g',
  'i.e',
  'u.s',
  'u.k',
  'no',
  'vol',
  'gen',
  'col',
  'capt',
  'lt',
  'sgt',
  'rev',
  'hon',
  'sen',
  'rep',
  'gov',
  'inc',
  'ltd',
  'co',
  'corp',
  'jan',
  'feb',
  'mar',
  'apr',
  'aug',
  'sept',
  'sep',
  'oct',
  'nov',
  'dec',
  'fig',
  'cf',
  'ca',
]);

/** The sentences of a text, each trimmed. */
export function sentences(text: string): string[] {
  const found: string[] = [];
  let start = 0;
  for (const end of text.matchAll(/[.?!]+["'”’)\]]*\s+(?=["'“‘([]?[\p{Lu}\p{N}])/gu)) {
    const before = /[^\s("'“‘[]*$/u.exec(text.slice(start, end.index))![0];
    if (end[0].startsWith('.') && (abbreviations.has(before.toLowerCase()) || /^\p{Lu}$/u.test(before))) continue;
    found.push(text.slice(start, end.index + end[0].length).trim());
    start = end.index + end[0].length;
  }
  return [...found, text.slice(start).trim()].filter((sentence) => sentence !== '');
}
