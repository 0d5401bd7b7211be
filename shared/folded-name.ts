/** Letters that look like Latin ones, in small. From Unicode's confusables.txt (UTS 39): those that names are written with. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  // Cyrillic
  а: 'a',
  в: 'b',
  е: 'e',
  ѕ: 's',
  і: 'i',
  ї: 'i',
  ј: 'j',
  к: 'k',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  с: 'c',
  т: 't',
  у: 'y',
  х: 'x',
  ԁ: 'd',
  ԛ: 'q',
  ԝ: 'w',
  һ: 'h',
  // Greek
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  // Latin without a dot
  ı: 'i',
};

/**
 * A name as people tell names apart: without differences of case, width, spaces, invisible characters, accents put on in other ways, and
 * letters that look alike. Two that fold to the same are taken for the same.
 */
export function foldedName(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replaceAll(/[\p{Cf}\p{Cc}\u034F\u115F\u1160\u17B4\u17B5\u3164\uFE00-\uFE0F\uFFA0]/gu, '')
    .toLowerCase()
    .normalize('NFC')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return [...plain].map((letter) => LOOKALIKES[letter] ?? letter).join('');
}
