import type { Attribution } from '../../../shared/contract/locating.ts';
import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import type { Printer } from '../format/printer.ts';
import { quoted } from '../format/text.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { RECORD, recordFound } from '../record.ts';
import { texts } from '../options.ts';
import { versionLine } from '../show/grid.ts';

/** Heads shown by name: those that add or take most. */
const HEADS = 8;

export const attribute = defineCommand({
  name: 'attribute',
  summary: 'Direct logit attribution: what embedding, attention, MLPs and heads add to an answer',
  about: 'The final norm’s division is held at what it was for the whole sum, so that the parts add up to the logit.',
  positionals: [MODEL, { name: 'prompt', help: 'The text before the answer' }],
  options: { ...WHICH, ...RECORD, watch: texts('WORD', "An answer, by its first token (default: the model's own)") },
  examples: [
    ['emend attribute atlas "The capital of France is"', "Of the model's own answer"],
    ['emend attribute atlas "The capital of France is" --watch Paris --watch Rome', 'Two answers, and what tells them apart'],
  ],
  async run(values, [name, prompt], context) {
    const { app, model, version, recorded } = await versionNamed(context, name!, values);
    const found = await app.run(
      'locating.attribute',
      { model: model.id, version, prompt: prompt!, watched: [...values.watch] },
      context.follow,
    );
    showAttribution(context.out, found);
    versionLine(context.out, model.name, recorded ? short(found.version) : undefined);
    return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
  },
});

const signed = (x: number) => (x >= 0 ? '+' : '') + x.toFixed(2);

function showAttribution(out: Printer, found: Attribution): void {
  const { watched, embedding, attention, mlp, heads, constant, total, residue, headless, headResidue } = found;
  const line = (name: string, values: readonly number[]) => [name, ...values.map(signed)];
  out.table(
    [
      ['adds to the logit of', ...watched.map(({ text }) => quoted(text))],
      line('embedding', embedding),
      ...attention.flatMap((values, layer) => [line(`layer ${layer} attention`, values), line(`layer ${layer} MLP`, mlp[layer]!)]),
      line('biases', constant),
      line('together', total),
    ],
    { heading: true, right: watched.map((_, at) => at + 1) },
  );
  const all = heads.flatMap((layer, l) => layer.map((values, head) => ({ name: `${l}.${head}`, values })));
  if (all.length > 0) {
    const most = all.sort((a, b) => Math.abs(b.values[0] ?? 0) - Math.abs(a.values[0] ?? 0)).slice(0, HEADS);
    out.heading('Heads that count most');
    out.table([['layer.head', ...watched.map(({ text }) => quoted(text))], ...most.map(({ name, values }) => line(name, values))], {
      heading: true,
      right: watched.map((_, at) => at + 1),
    });
  }
  out.line();
  for (const { layer, reason } of headless) out.line(`The heads of layer ${layer} are not told apart: ${reason}.`);
  const within = `The parts add up to the logits within ${residue.toExponential(1)}`;
  out.line(
    out.style.dim(all.length > 0 ? `${within}, the heads to their attention within ${headResidue.toExponential(1)}.` : `${within}.`),
  );
}
