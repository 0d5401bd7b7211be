import type { SteeringCheck, SteeringPlace, SteeringSweep } from '../../../shared/contract/steering.ts';
import { type HeatFigure, type Hue, type PointFigure } from '../../components/figure/figure.ts';
import { percent } from '../../format.ts';
import { steer as t } from './text.ts';

/** How well heads, or layers, tell the two kinds of text apart: shares told rightly; none where nothing was judged. */
export function mapFigure(places: readonly SteeringPlace[]): HeatFigure | undefined {
  const by = BY.find((one) => places.length > 0 && places.every((place) => place[one] !== undefined));
  if (by === undefined) return undefined;
  const layers = ascending(places.map(({ layer }) => layer));
  const hasHeads = places.some(({ head }) => head !== undefined);
  const heads = ascending(places.map(({ head = 0 }) => head));
  const [lines, columns] = hasHeads ? [layers, heads] : [[undefined], layers];
  const placeAt = (row: number, column: number) => {
    const [layer, head] = hasHeads ? [lines[row], columns[column]] : [columns[column], undefined];
    return places.find((place) => place.layer === layer && place.head === head);
  };
  const cells = lines.map((_, row) => columns.map((__, column) => placeAt(row, column)?.[by] ?? NaN));
  return {
    title: t.mapTitle(hasHeads, by),
    lines: hasHeads ? t.layer : '',
    across: hasHeads ? t.head : t.layer,
    rows: lines.map((layer) => ({ label: layer === undefined ? t.share : String(layer) })),
    columns: columns.map(String),
    cells,
    hue: hasHeads ? 'attention' : 'hidden',
    full: 1,
    short: (value) => (100 * value).toFixed(0),
    says: (row, column) => {
      const place = placeAt(row, column);
      return place ? t.placeSays(place) : t.notJudged;
    },
  };
}

/** What nothing was chosen by goes first. */
const BY = ['heldOut', 'validation'] as const;

function ascending(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

const CONTROL_HUES = { base: 'mlp', steered: 'blue', random: 'minus', shuffled: 'minus', prompt: 'attention' } as const satisfies Record<
  SteeringCheck['measured'][number]['what'],
  Hue
>;

/** Effect against cost: every point of a sweep, and what the checks found of the controls, where they were run. */
export function sweepFigure(sweep: SteeringSweep, check: SteeringCheck | undefined): PointFigure | undefined {
  const isBest = ({ layer, scale }: SteeringSweep['points'][number]) => sweep.best?.layer === layer && sweep.best?.scale === scale;
  const points: PointFigure['points'] = [
    { label: t.without, x: 0, y: sweep.base.effect, hue: CONTROL_HUES.base },
    ...sweep.points.flatMap((point) =>
      point.kl === undefined
        ? []
        : [
            {
              label: t.pointName(point.layer, point.scale),
              x: point.kl,
              y: point.effect,
              hue: CONTROL_HUES.steered,
              isMarked: isBest(point),
            },
          ],
    ),
    ...(sweep.measure === 'MC1' ? (check?.measured ?? []) : []).flatMap(({ what, draw, measures }) =>
      measures.MC1 === undefined || measures.kl === undefined || what === 'steered' || what === 'base'
        ? []
        : [{ label: t.measuredName(what, draw), x: measures.kl.mean, y: measures.MC1.mean, hue: CONTROL_HUES[what] }],
    ),
  ];
  if (points.length === 1) return undefined;
  return {
    title: t.sweepTitle,
    what: t.sweepWhat,
    x: { label: t.kl, short: (value) => value.toFixed(3) },
    y: { label: sweep.measure === 'MC1' ? t.rightAnswers : t.textsWithWords, short: (value) => percent(value) },
    points,
  };
}

/** Strengths as they were written, with commas between; undefined where they are none. */
export function scalesWritten(text: string): number[] | undefined {
  const parts = text.split(',').map((part) => part.trim());
  const numbers = parts.map(Number);
  const isGood = numbers.every((x, at) => parts[at] !== '' && Number.isFinite(x) && Math.abs(x) <= 1000) && numbers.length <= 50;
  return isGood ? numbers : undefined;
}
