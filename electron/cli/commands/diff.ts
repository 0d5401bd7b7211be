import type { Result } from '../../../shared/contract.ts';
import { defineCommand } from '../command.ts';
import { counted, short } from '../format/ids.ts';
import { digits, percent, ratio } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine, quoted } from '../format/text.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { texts } from '../options.ts';
import { type FactInForce, factLine } from '../show/facts.ts';

export const diff = defineCommand({
  name: 'diff',
  summary: 'Compare two versions: facts, weights and answers',
  positionals: [
    LIBRARY_MODEL,
    { name: 'a', help: 'A version: "base", "current", a tag or an id' },
    { name: 'b', help: 'The version to compare it with' },
  ],
  options: { prompt: texts('TEXT', 'Compare the answers to this (default: the prompts of the facts that differ)') },
  examples: [['emend diff atlas base current --prompt "Tower Bridge stands in the city of"', 'What all edits together changed']],
  async run({ prompt }, [name, a, b], context) {
    const { app, model } = await libraryModel(context, name!, { readOnly: true });
    const found = await app.run(
      'versions.diff',
      { model: model.id, a: a!, b: b!, ...(prompt.length === 0 ? {} : { prompts: [...prompt] }) },
      context.follow,
    );
    showDiff(context.out, found);
    return found;
  },
});

function showDiff(out: Printer, { a, b, onlyA, onlyB, both, weights, answers }: Result<'versions.diff'>): void {
  const { style } = out;
  if (a === b) {
    out.line(`Both are version ${short(a)}.`);
    return;
  }
  out.line(style.bold(`${short(a)} → ${short(b)}`));
  const lines = (sign: string, colour: (text: string) => string, facts: readonly FactInForce[]) =>
    facts.map((fact) => out.line(colour(`${sign} ${factLine(fact)}  (entry ${fact.entry})`)));
  lines('-', style.bad, onlyA);
  lines('+', style.good, onlyB);
  if (both > 0) out.line(style.dim(`  ${counted(both, 'fact')} in force in both`));
  out.heading(weights.length === 0 ? 'No weight differs' : 'Weights that differ');
  if (weights.length > 0)
    out.table(
      [
        ['weight', 'norm', 'norm of difference', 'rank at most', 'SHA-256 before', 'after'],
        ...weights.map((w) => [
          w.tensor,
          digits(w.weightNorm),
          `${digits(w.norm)} (${ratio(w.norm / w.weightNorm)})`,
          String(w.rank),
          `${short(w.a)}…`,
          `${short(w.b)}…`,
        ]),
      ],
      { heading: true, right: [1, 2, 3] },
    );
  if (answers.length === 0) return;
  out.heading('Answers');
  for (const { prompt, a: first, b: second } of answers) {
    out.line(oneLine(prompt));
    out.table(
      [first, second].map((answer, i) => [
        style.dim(short(i === 0 ? a : b)),
        shorten(oneLine(answer.text), 60),
        answer.next
          .slice(0, 3)
          .map((one) => `${quoted(one.token)} ${percent(one.probability)}`)
          .join(', '),
      ]),
      { indent: 2 },
    );
  }
}
