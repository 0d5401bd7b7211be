import type { Lens } from '../../../shared/contract/locating.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted } from '../format/text.ts';
import { placeName, showGrid } from './grid.ts';

/** What the model would say behind each layer. @param all behind every token of the text, and not the last alone */
export function showLens(out: Printer, { tokens, places, watched, texts: words }: Lens, all: boolean): void {
  const said = (id: number) => quoted(words[id] ?? `#${id}`);
  out.table(
    [
      ['layer', 'says', 'probability', ...watched.flatMap(({ text }) => [quoted(text), 'rank']), 'KL to the end'],
      ...places.map((row, at) => {
        const here = row.at(-1)!;
        const first = here.top[0]!;
        return [
          placeName(at),
          said(first.id),
          percent(Math.exp(first.logProbability)),
          ...here.watched.flatMap(({ logProbability, rank }) => [percent(Math.exp(logProbability)), String(rank + 1)]),
          here.klToFinal.toFixed(2),
        ];
      }),
    ],
    { heading: true, right: [0, 2, ...watched.flatMap((_, at) => [3 + 2 * at, 4 + 2 * at]), 3 + 2 * watched.length] },
  );
  if (!all) return;
  watched.forEach(({ text }, word) => {
    out.heading(`Probability of ${quoted(text)} behind each token, %`);
    const cells = tokens.map((_, token) => places.map((row) => (100 * Math.exp(row[token]!.watched[word]!.logProbability)).toFixed(1)));
    showGrid(
      out,
      tokens,
      places.map((_, at) => placeName(at)),
      cells,
    );
  });
}
