import type { Attribution } from '../../../shared/contract/locating.ts';
import type { Printer } from '../format/printer.ts';
import { quoted } from '../format/text.ts';

/** Heads shown by name: those that add or take most. */
const HEADS = 8;

const signed = (x: number) => (x >= 0 ? '+' : '') + x.toFixed(2);

/** What each part adds to the logits. */
export function showAttribution(out: Printer, found: Attribution): void {
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
