import type { Lens } from '../../../shared/contract/locating.ts';
import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted } from '../format/text.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { RECORD, recordFound } from '../record.ts';
import { flag, texts } from '../options.ts';
import { showGrid, versionLine } from '../show/grid.ts';

export const lens = defineCommand({
  name: 'lens',
  summary: 'Logit lens: what the model would say if it stopped behind each layer',
  positionals: [MODEL, { name: 'prompt', help: 'The text to look into' }],
  options: {
    ...WHICH,
    ...RECORD,
    watch: texts('WORD', "A word to follow, by its first token (default: the model's own answer)"),
    all: flag('Show every token of the text, instead of the last alone'),
  },
  examples: [
    ['emend lens atlas "The capital of France is"', 'How the answer comes about, layer by layer'],
    ['emend lens atlas "The capital of France is" --watch Paris --watch Rome', 'Two answers side by side'],
  ],
  async run(values, [name, prompt], context) {
    const { app, model, version, recorded } = await versionNamed(context, name!, values);
    const found = await app.run('locating.lens', { model: model.id, version, prompt: prompt!, watched: [...values.watch] }, context.follow);
    showLens(context.out, found, values.all);
    versionLine(context.out, model.name, recorded ? short(found.version) : undefined);
    return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
  },
});

function showLens(out: Printer, { tokens, places, watched, texts: words }: Lens, all: boolean): void {
  const called = (at: number) => (at === 0 ? 'before' : String(at - 1));
  const said = (id: number) => quoted(words[id] ?? `#${id}`);
  out.table(
    [
      ['layer', 'says', 'probability', ...watched.flatMap(({ text }) => [quoted(text), 'rank']), 'KL to the end'],
      ...places.map((row, at) => {
        const here = row.at(-1)!;
        const first = here.top[0]!;
        return [
          called(at),
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
      places.map((_, at) => called(at)),
      cells,
    );
  });
}
