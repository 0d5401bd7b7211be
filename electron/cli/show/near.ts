import type { NearKeys } from '../../../shared/contract/beforehand.ts';
import { nearSource } from '../../../shared/near.ts';
import { points } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine, quoted } from '../format/text.ts';

const PROMPT = 48;

/** What may move with an edit: the prompts whose keys lie nearest, and by how much of the edit each is met. */
export function showNear(out: Printer, { layers, isOpen, covariance, facts }: NearKeys): void {
  const where = layers.length === 1 ? `layer ${layers[0]}` : `layers ${layers.join(', ')}`;
  out.line(`${isOpen ? 'The edit would choose among' : 'The edit would be written into'} ${where}. Covariance of ${covariance}.`);
  for (const { subject, prompt, target, looked, near } of facts) {
    out.heading(`May move with ${oneLine(prompt.replace('{}', () => subject))} → ${oneLine(target)}`);
    if (near.length === 0) {
      out.line('No neighbours and no other subjects of its relation are known. Give neighbours with the fact, in a file.');
      continue;
    }
    out.table(
      [
        ['prompt', 'answer', 'share', 'cosine', 'layer', 'at the token', 'what it is'],
        ...near.map(({ prompt: text, answer, nearest, ...source }) => [
          shorten(oneLine(text), PROMPT),
          answer === undefined ? '' : oneLine(answer),
          points(nearest.share),
          nearest.cosine.toFixed(3),
          String(nearest.layer),
          quoted(nearest.token),
          nearSource(source),
        ]),
      ],
      { heading: true, right: [2, 3, 4] },
    );
    if (looked > near.length) out.line(out.style.dim(`The nearest ${near.length} of ${looked}.`));
  }
  out.line();
  out.line(
    out.style.dim(
      'Share: what the edit adds at that token, in % of what it adds at its own subject (kᵀC⁻¹k* / k*ᵀC⁻¹k*); cosine: of the keys in C⁻¹.',
    ),
  );
}
