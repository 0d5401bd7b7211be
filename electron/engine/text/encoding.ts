import { EmendError } from '../../../shared/errors.ts';

/** A text file's text, and how its bytes were read. */
export interface ReadText {
  readonly text: string;
  readonly encoding: string;
  /** What a person should look at, because the file itself does not say its encoding for certain. */
  readonly remark?: string;
}

/** How files begin that say their encoding; the longer first. */
const MARKS: readonly (readonly [mark: readonly number[], encoding: string, label?: string])[] = [
  [[0xff, 0xfe, 0, 0], 'UTF-32'],
  [[0, 0, 0xfe, 0xff], 'UTF-32'],
  [[0xef, 0xbb, 0xbf], 'UTF-8', 'utf-8'],
  [[0xff, 0xfe], 'UTF-16 (little-endian)', 'utf-16le'],
  [[0xfe, 0xff], 'UTF-16 (big-endian)', 'utf-16be'],
  [[0x2b, 0x2f, 0x76], 'UTF-7'],
  [[0x84, 0x31, 0x95, 0x33], 'GB 18030', 'gb18030'],
];

/** A code page that the platform knows by this label. */
const known = (label: string) => (bytes: Uint8Array) => decoded(bytes, label);
/** A code page from its upper half, its bytes from 0x80 on. */
const table = (upper: string) => {
  const chars = [...upper];
  return (bytes: Uint8Array) =>
    Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : (chars[byte - 0x80] ?? '\uFFFD'))).join('');
};
const LATIN_1 = Array.from({ length: 96 }, (_, at) => String.fromCharCode(0xa0 + at)).join('');
const DOS = 'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»';

/** Code pages that programs save text in where nobody asked for UTF-8. What is missing here would be taken for another. */
const CODE_PAGES: Readonly<Record<string, (bytes: Uint8Array) => string | undefined>> = {
  // Node reads ISO 8859-1 under the label of Windows-1252.
  'Windows-1252': table(`€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ${LATIN_1}`),
  'Windows-1250': known('windows-1250'),
  'Windows-1254': known('windows-1254'),
  'Windows-1257': known('windows-1257'),
  'Windows-1258': known('windows-1258'),
  'ISO 8859-2': known('iso-8859-2'),
  'ISO 8859-15': known('iso-8859-15'),
  'Mac Roman': known('macintosh'),
  'code page 850': table(`${DOS}░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00AD±‗¾¶§÷¸°¨·¹³²■\u00A0`),
  'code page 852': table(
    'ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤' +
      'đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00AD˝˛ˇ˘§÷¸°¨˙űŘř■\u00A0',
  ),
  'Windows-1251': known('windows-1251'),
  'KOI8-R': known('koi8-r'),
  'KOI8-U': known('koi8-u'),
  'ISO 8859-5': known('iso-8859-5'),
  'code page 866': known('ibm866'),
  'Mac Cyrillic': known('x-mac-cyrillic'),
  'Windows-1253': known('windows-1253'),
  'ISO 8859-7': known('iso-8859-7'),
  'Windows-1255': known('windows-1255'),
  'Windows-1256': known('windows-1256'),
  'Windows-874': known('windows-874'),
  'Shift JIS': known('shift_jis'),
  'GB 18030': known('gb18030'),
  Big5: known('big5'),
  'EUC-JP': known('euc-jp'),
  'EUC-KR': known('euc-kr'),
};

const SAVE_AGAIN = 'Save it as UTF-8 (in spreadsheets: “CSV UTF-8”), and read it again.';

/**
 * The text of a file: UTF-8 or UTF-16, with a mark in front or without, or a code page where all of them that make sense of its bytes give
 * the same letters. What could be read in two ways is not read: a guess would be another fact.
 * @param what for errors, such as "The facts x.csv"
 * @throws EmendError 'bad-file' naming the encoding
 */
export function decodeText(bytes: Uint8Array, what: string): ReadText {
  const marked = MARKS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte));
  if (marked) {
    const [mark, encoding, label] = marked;
    if (label === undefined) throw refused(`${what} is in the encoding ${encoding}, which is not read`);
    return { text: strictly(bytes.subarray(mark.length), label, encoding, what), encoding };
  }
  const wide = wideWithoutMark(bytes);
  if (wide) return { text: strictly(bytes, wide.label, wide.encoding, what), encoding: wide.encoding };
  if (bytes.includes(0))
    throw new EmendError('bad-file', `${what} is no text: it has NUL bytes, and its encoding is neither UTF-8 nor UTF-16.`, SAVE_AGAIN);
  const utf8 = decoded(bytes, 'utf-8');
  if (utf8 !== undefined && /\x1B[$(]/.test(utf8)) throw refused(`${what} is in the encoding ISO-2022 (JIS), which is not read`);
  if (utf8 !== undefined) return { text: utf8, encoding: 'UTF-8' };
  return fromCodePage(bytes, what);
}

function decoded(bytes: Uint8Array, label: string): string | undefined {
  const decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function strictly(bytes: Uint8Array, label: string, encoding: string, what: string): string {
  const text = decoded(bytes, label);
  if (text !== undefined && !(label.startsWith('utf-16') && text.includes('\0'))) return text;
  throw refused(`${what} says that its encoding is ${encoding}, and its bytes are not all of it; it may be cut off`);
}

/** UTF-16 shows by its zeros: every line end, comma and Latin letter has one, always on the same side. */
function wideWithoutMark(bytes: Uint8Array): { label: string; encoding: string } | undefined {
  if (!bytes.includes(0)) return undefined;
  const zeros = [0, 0];
  bytes.forEach((byte, at) => byte === 0 && zeros[at % 2]!++);
  const [even, odd] = zeros as [number, number];
  if (bytes.length % 2 === 1 || even + odd === 0 || Math.min(even, odd) * 8 > Math.max(even, odd)) return undefined;
  const wide =
    odd > even ? { label: 'utf-16le', encoding: 'UTF-16 (little-endian)' } : { label: 'utf-16be', encoding: 'UTF-16 (big-endian)' };
  const text = decoded(bytes, wide.label);
  return text !== undefined && !UNLIKELY.test(text) ? wide : undefined;
}

/** Control characters, private and unassigned ones: no text in the right encoding has them. */
const UNLIKELY = /[\0-\x08\x0B\x0E-\x1F\x7F-\x9F\uFFFD\p{Co}\p{Cn}]/u;

function fromCodePage(bytes: Uint8Array, what: string): ReadText {
  const broken = brokenAt(bytes);
  if (broken !== undefined)
    throw refused(`${what} is in UTF-8 but for byte ${broken + 1}, which is of another encoding`, 'Mend that place and save it as UTF-8.');
  const readings = Object.entries(CODE_PAGES).flatMap(([name, read]) => {
    const text = read(bytes);
    return text !== undefined && isSensible(text) ? [{ name, text }] : [];
  });
  const [first] = readings;
  if (!first) throw refused(`${what} is not in UTF-8, and its encoding could not be told`);
  const other = readings.find(({ text }) => text !== first.text);
  const sample = oddWords(first.text);
  if (other) {
    const words = readings
      .map(({ name, text }) => ({ name, word: oddWords(text)[0] ?? '' }))
      .filter(({ word }, at, all) => all.findIndex((one) => one.word === word) === at)
      .slice(0, 4)
      .map(({ name, word }) => `${JSON.stringify(word)} in ${name}`);
    throw refused(`${what} is not in UTF-8, and its encoding could not be told: it would say ${words.join(', ')}`);
  }
  return {
    text: first.text,
    encoding: first.name,
    remark: `It is not in UTF-8; it was read as ${first.name}: ${sample.slice(0, 3).join(', ')}.`,
  };
}

/** Where a text that is UTF-8 nearly everywhere is not. */
function brokenAt(bytes: Uint8Array): number | undefined {
  let first: number | undefined;
  let [broken, whole] = [0, 0];
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at]!;
    const length =
      byte < 0x80 ? 1 : byte >= 0xc2 && byte < 0xe0 ? 2 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
    const isWhole = length > 0 && at + length <= bytes.length && bytes.subarray(at + 1, at + length).every((one) => (one & 0xc0) === 0x80);
    if (length > 1 && isWhole) whole++;
    if (!isWhole) {
      first ??= at;
      broken++;
    }
    at += isWhole ? length : 1;
  }
  return whole > 4 * broken ? first : undefined;
}

/** Whether every word with other letters than ASCII's could be one. */
function isSensible(text: string): boolean {
  return (
    !UNLIKELY.test(text) && (text.match(/[\p{L}\p{M}\u0080-\u{10FFFF}]+/gu) ?? []).every((word) => !/[^\0-\x7F]/.test(word) || isWord(word))
  );
}

/** One script in a word, no signs inside of it, capitals in front or all over, no word of nothing but accented letters. */
function isWord(word: string): boolean {
  const bare = word.replaceAll(QUOTES_AROUND, '').replaceAll(/(?<=\p{L})\u2019(?=\p{L})/gu, '');
  if (bare === '' || /^[€£°§©®™½¼¾²³µ]$/u.test(bare)) return true;
  if (!SCRIPTS.some((script) => script.test(bare)) || /^\p{M}/u.test(bare)) return false;
  if (!/\p{Script=Latin}/u.test(bare)) return /^\P{Lu}*$|^\P{Ll}*$|^\p{Lu}\P{Lu}*$/u.test(bare);
  return /[A-Za-z]/.test(bare) && !/[^\0-\x7F]{3}|(?=[^\0-\x7F])(?<=\p{L})\p{Lu}\p{M}*\p{Ll}|\p{Ll}(?=[^\0-\x7F])\p{Lu}/u.test(bare);
}

/** Quotation marks, dashes, dots and spaces stand around words. */
const QUOTES_AROUND = /^[\u00A0«¡¿‘“„‚–—…]+|[\u00A0»’”“–—…]+$/gu;

const SCRIPTS = [
  /^[\p{scx=Latin}\p{scx=Inherited}]+$/u,
  /^[\p{scx=Cyrillic}\p{scx=Inherited}]+$/u,
  /^[\p{scx=Greek}\p{scx=Inherited}]+$/u,
  /^\p{scx=Hebrew}+$/u,
  /^\p{scx=Arabic}+$/u,
  /^\p{scx=Thai}+$/u,
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]+$/u,
  /^[\p{scx=Hangul}\p{scx=Han}]+$/u,
];

/** Words with letters beyond ASCII, which show whether a text was read rightly. */
function oddWords(text: string): string[] {
  return [...new Set(text.match(/[\p{L}\p{M}\p{N}]*[^\0-\x7F\s][\p{L}\p{M}\p{N}]*/gu) ?? [])];
}

function refused(message: string, hint = SAVE_AGAIN): EmendError {
  return new EmendError('bad-file', `${message}.`, hint);
}
