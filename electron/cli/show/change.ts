import type { Change, Contest } from '../../../shared/contract/change.ts';
import type { Printer } from '../format/printer.ts';
import { percent } from '../format/numbers.ts';
import { quoted } from '../format/text.ts';
import { placeName } from './grid.ts';

const signed = (x: number) => (x >= 0 ? '+' : '') + x.toFixed(2);

/** Where the new answer takes over, in a sentence for each version, and the leads layer by layer. */
export function showChange(out: Printer, { answers, before, after, difference, kl }: Change): void {
  const [old, now] = [quoted(answers.old.text), quoted(answers.new.text)];
  const where = ({ takesOver }: Contest) =>
    takesOver === null
      ? `${now} does not outrank ${old} in the end`
      : `${now} outranks ${old} from ${takesOver === 0 ? 'the beginning' : `behind layer ${placeName(takesOver)}`} on`;
  out.line(`Here: ${where(after)}.`);
  out.line(`There: ${where(before)}.`);
  out.line();
  out.table(
    [
      ['layer', `${now} here`, 'rank', `${old} here`, 'rank', 'lead here', 'lead there', 'grew by', 'KL'],
      ...after.places.map((place, at) => [
        placeName(at),
        percent(place.new.probability),
        String(place.new.rank + 1),
        percent(place.old.probability),
        String(place.old.rank + 1),
        signed(place.lead),
        signed(before.places[at]!.lead),
        signed(difference[at]!),
        kl[at]!.toFixed(2),
      ]),
    ],
    { heading: true, right: [0, 1, 2, 3, 4, 5, 6, 7, 8] },
  );
  out.line();
  out.line(out.style.dim('Lead: logit of the new answer − that of the old one. KL: how far apart the two versions are there, nats.'));
}
