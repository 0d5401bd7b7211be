import { behind, type WayToAsk } from './way.ts';

export const choose: WayToAsk = {
  async ask(asker, put) {
    const items = put.flatMap((one) => one.options.map((target) => ({ prompt: behind(one), target })));
    const found = await asker.chances(items);
    let at = 0;
    return put.map(({ options }) => {
      const chances = found.slice(at, (at += options.length));
      return { says: likeliest(options, chances), chances };
    });
  },
  isGiven: ({ says }, wanted) => wanted.includes(says),
  agrees: ({ says, chances = [] }, options) => chances.length === options.length && says === likeliest(options, chances),
};

/** The likeliest of some answers; none where two are. */
function likeliest(options: readonly string[], chances: readonly number[]): string {
  const most = Math.max(...chances);
  return chances.filter((one) => one === most).length === 1 ? options[chances.indexOf(most)]! : '';
}
