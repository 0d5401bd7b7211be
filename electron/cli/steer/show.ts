import type { SteeringCheck, SteeringMeasures, SteeringReport, SteeringSweep } from '../../../shared/contract/steering.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';

/** What fitting gave: what it does, how well places tell, and the settings. */
export function showFitted(out: Printer, { title, outcome }: SteeringReport): void {
  const { groups, places, parts, settings, warnings, seconds } = outcome;
  out.heading(title);
  out.table([
    ...settings.map(({ name, value, source }) => [name, value, source]),
    ['Groups of texts', `${groups.train} fitted, ${groups.validation} to judge probes, ${groups.heldOut} held out`, ''],
  ]);
  const chosen = places.filter((place) => place.chosen);
  const judged = chosen.filter(({ heldOut, validation }) => heldOut !== undefined || validation !== undefined);
  if (judged.length > 0) {
    const best = [...judged].sort((a, b) => (b.heldOut ?? 0) - (a.heldOut ?? 0)).slice(0, MOST);
    out.table(
      [
        ['place', 'judging', 'held out'],
        ...best.map(({ layer, head, validation, heldOut }) => [
          `layer ${layer}${head === undefined ? '' : `, head ${head}`}`,
          validation === undefined ? '' : percent(validation),
          heldOut === undefined ? '' : percent(heldOut),
        ]),
      ],
      { heading: true, right: [1, 2] },
    );
    if (judged.length > best.length) out.line(`and ${judged.length - best.length} more places`);
  }
  out.line();
  for (const part of parts.slice(0, MOST)) out.line(part);
  if (parts.length > MOST) out.line(`and ${parts.length - MOST} more parts`);
  for (const { message, hint } of warnings) out.line(`${message} ${hint}`);
  out.line(`Fitted in ${seconds.toFixed(1)} s.`);
}
const MOST = 8;

const COLUMNS = ['MC1', 'MC2', 'MC3', 'words', 'fluency', 'crossEntropy', 'kl'] as const;
const HEADS: Record<(typeof COLUMNS)[number], string> = {
  MC1: 'MC1',
  MC2: 'MC2',
  MC3: 'MC3',
  words: 'words',
  fluency: 'fluency',
  crossEntropy: 'CE',
  kl: 'KL',
};

/** A steering beside its controls. */
export function showCheck(out: Printer, { measured, says, written, questions, texts }: SteeringCheck): void {
  const shown = COLUMNS.filter((key) => measured.some(({ measures }) => measures[key] !== undefined));
  out.heading(`Measured on ${questions} questions and ${texts} texts`);
  out.table(
    [
      ['', ...shown.map((key) => HEADS[key])],
      ...measured.map(({ what, draw, measures }) => [
        draw === undefined ? what : `${what} ${draw + 1}`,
        ...shown.map((key) => figure(measures, key)),
      ]),
    ],
    { heading: true, right: shown.map((_, at) => at + 1) },
  );
  for (const line of says) out.line(line);
  for (const { prompt, texts: some } of written.slice(0, 3)) {
    out.line();
    out.line(prompt);
    for (const { what, text } of some) out.line(`  ${what}: ${text.replaceAll('\n', ' ')}`);
  }
}

function figure(measures: SteeringMeasures, key: (typeof COLUMNS)[number]): string {
  const found = measures[key];
  if (!found) return '';
  return `${found.mean.toFixed(3)}${found.error === undefined ? '' : ` ± ${found.error.toFixed(3)}`}`;
}

/** Effect and cost, place by place. */
export function showSweep(out: Printer, { base, measure, points, best, limit }: SteeringSweep): void {
  const name = measure === 'MC1' ? 'MC1' : 'words';
  out.line(`Unsteered: ${name} ${base.effect.toFixed(3)}${base.heldOut === undefined ? '' : `, held out ${base.heldOut.toFixed(3)}`}`);
  const place = (layer: number | undefined) => (layer === undefined ? 'all' : `layer ${layer}`);
  out.table(
    [
      ['place', 'strength', name, 'held out', 'KL'],
      ...points.map(({ layer, scale, effect, heldOut, kl }) => [
        place(layer),
        `${scale}×`,
        effect.toFixed(3),
        heldOut?.toFixed(3) ?? '',
        kl?.toFixed(3) ?? '',
      ]),
    ],
    { heading: true, right: [1, 2, 3, 4] },
  );
  const within = limit === undefined ? '' : ` that costs at most ${limit} nats`;
  out.line(
    best
      ? `Best point${within}, chosen on every other question: ${place(best.layer)} at ${best.scale}×, ${name} ${best.effect.toFixed(3)}; ` +
          `on the other questions ${best.heldOut?.toFixed(3) ?? 'not measured'}.`
      : `No point costs at most ${limit} nats.`,
  );
}
