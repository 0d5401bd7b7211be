import type { Ablated, Dissected, UnitPage, UnitRow } from '../../../shared/contract/dissecting.ts';
import { counted, short } from '../format/ids.ts';
import { digits, percent, whole } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { oneLine, quoted } from '../format/text.ts';

const conceptName = ({ category, name }: { category: string; name: string }) => `${category}: ${oneLine(name)}`;

/** How many units stand for what in each layer, the control beside it, and the best units. */
export function showDissection(out: Printer, summary: Dissected, units: readonly UnitRow[]): void {
  const { documents, leftOut, places, kind, concepts, layers, settings } = summary;
  const what =
    kind === 'language'
      ? `${whole(places)} tokens of ${whole(documents)} of ${whole(documents + leftOut)} texts`
      : counted(documents, 'picture');
  const version = summary.version === 'base' ? '' : `, version ${short(summary.version)}`;
  out.heading(`${summary.model}${version}: ${counted(concepts.length, 'concept')} of ${summary.source}, ${what}`);
  out.line();
  out.table(
    [
      [
        'layer',
        'units',
        'undecided',
        'detectors',
        'of concepts',
        `detectors of shuffled labels (${counted(settings.shuffles, 'shuffle')})`,
      ],
      ...layers.map((one) => [
        one.layer,
        String(one.units),
        String(one.undecided),
        String(one.detectors),
        String(one.concepts),
        one.shuffled.join(', '),
      ]),
    ],
    { heading: true, right: [1, 2, 3, 4] },
  );
  out.line();
  const found = concepts
    .map((concept) => ({ concept, all: concept.detectors.reduce((a, b) => a + b, 0) }))
    .filter(({ all }) => all > 0)
    .sort((a, b) => b.all - a.all);
  if (found.length > 0) {
    const byLayer = layers.length > 1 && layers.length <= 16;
    out.table(
      [
        ['concept', kind === 'language' ? 'tokens' : 'pixels', 'detectors', ...(byLayer ? layers.map(({ layer }) => layer) : [])],
        ...found.map(({ concept, all }) => [
          `${conceptName(concept)}${concept.oneIsEnough ? ' *' : ''}`,
          whole(concept.places),
          String(all),
          ...(byLayer ? concept.detectors.map((count) => (count === 0 ? '·' : String(count))) : []),
        ]),
      ],
      { heading: true, right: [1, 2, ...layers.map((_, at) => at + 3)] },
    );
    if (found.some(({ concept }) => concept.oneIsEnough)) out.line(out.style.dim('* so few that one shared place makes a detector'));
    out.line();
  }
  if (units.length > 0)
    out.table(
      [
        ['unit', 'concept', 'IoU', 'shuffled', kind === 'language' ? 'strongest tokens' : 'strongest pictures'],
        ...units.map((unit) => [
          `${unit.layer}.${unit.unit}`,
          conceptName(concepts[unit.concept]!),
          unit.iou.toFixed(3),
          unit.chance.toFixed(3),
          unit.top.map((one) => (kind === 'language' ? quoted(one) : oneLine(one))).join(' '),
        ]),
      ],
      { heading: true, right: [2, 3] },
    );
  if (layers.some(({ undecided }) => undecided > 0))
    out.line(
      out.style.dim(
        'Undecided units have equal activations (but for rounding) around their threshold; ' +
          'they are counted neither as detectors nor in the control.',
      ),
    );
}

/** One unit: what it stands for, and where it is strongest. */
export function showUnit(out: Printer, { concepts, settings, kind }: Dissected, page: UnitPage): void {
  const concept = concepts[page.concept]!;
  const verdict = page.undecided
    ? 'undecided: equal activations lie around its threshold'
    : page.iou > settings.limit
      ? `detector of ${conceptName(concept)}`
      : 'no detector';
  out.heading(`Unit ${page.layer}.${page.unit}: ${verdict}`);
  out.table([
    ['IoU', `${page.iou.toFixed(4)} with ${conceptName(concept)}`],
    ['with shuffled labels', page.shuffled.map((iou) => iou.toFixed(4)).join(', ')],
    ['IoU, mask counted everywhere', `${page.plainIou.toFixed(4)} with ${conceptName(concepts[page.plainConcept]!)}`],
    ['threshold', `${digits(page.threshold)}, above it at ${whole(page.active)} ${kind === 'language' ? 'tokens' : 'pixels'}`],
  ]);
  out.line();
  out.table(
    [
      ['activation', kind === 'language' ? 'token in its text' : 'picture'],
      ...page.places.map(({ activation, token, picture }) => [
        digits(activation),
        token
          ? `${oneLine(token.before)} ${out.style.bold(`[${quoted(token.text).slice(1, -1)}]`)} ${oneLine(token.after)}`
          : `${oneLine(picture!.name)} (on at ${percent(picture!.share)})`,
      ]),
    ],
    { heading: true, right: [0] },
  );
}

/** What is lost without a unit. */
export function showLost(out: Printer, { concepts }: Dissected, page: UnitPage, lost: Ablated): void {
  const signed = (x: number) => `${x > 0 ? '+' : ''}${digits(x)}`;
  out.heading(`Without unit ${page.layer}.${page.unit}`);
  out.table([
    [
      `−log p of ${counted(lost.onConcept.tokens, 'token')} that carry ${conceptName(concepts[page.concept]!)}`,
      `${signed(lost.onConcept.change)} nats on average`,
    ],
    [`−log p of the other ${counted(lost.elsewhere.tokens, 'token')}`, `${signed(lost.elsewhere.change)} nats on average`],
    ...(lost.answers.count === 0
      ? []
      : [
          [
            `probability of the answers of ${counted(lost.answers.count, 'fact')}`,
            `${percent(lost.answers.before)} before, ${percent(lost.answers.after)} without`,
          ],
        ]),
  ]);
  if (lost.answers.most.length === 0) return;
  out.line();
  out.table(
    [
      ['fact', 'answer', 'before', 'without'],
      ...lost.answers.most.map((one) => [oneLine(one.prompt), oneLine(one.answer), percent(one.before), percent(one.after)]),
    ],
    { heading: true, right: [2, 3] },
  );
}
