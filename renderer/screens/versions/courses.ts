import type { Result } from '../../../shared/contract.ts';
import type { MeasuredOnce } from '../../../shared/contract/courses.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { type Measure, MEASURES, isMeasure, measureNames } from '../../../shared/measures.ts';
import type { CourseFigure, CourseSeries, Form, Hue } from '../../components/figure/figure.ts';
import { percent, plainNumber } from '../../format.ts';
import { versionsText } from './text.ts';
import { headline, stepsOf, type VersionList } from './timeline.ts';

const text = versionsText.course;

/** How series are told apart: by form first, by colour besides. */
const LOOKS: readonly { readonly form: Form; readonly hue: Hue }[] = [
  { form: 'circle', hue: 'blue' },
  { form: 'diamond', hue: 'attention' },
  { form: 'square', hue: 'mlp' },
  { form: 'triangle', hue: 'hidden' },
  { form: 'cross', hue: 'minus' },
];
const look = (at: number) => LOOKS[at % LOOKS.length]!;

const whole = (share: number) => percent(share, 0);

/** So many versions are drawn, the newest. */
export const MOST = 200;

/** The newest versions of a model in the order in which they were made first, each by the entry that made it. */
function versionSteps(list: VersionList) {
  const made = new Map(stepsOf(list).map((step) => [step.moment.entry, step]));
  const oldest = list.versions.slice(0, MOST).reverse();
  return {
    steps: oldest.map(({ entry }) => {
      const step = made.get(entry);
      return { label: String(entry), says: text.version(entry, step && headline(step)) };
    }),
    at: new Map(oldest.map(({ id }, at) => [id, at])),
    entryOf: new Map(list.versions.map(({ id, entry }) => [id, entry])),
  };
}

/** A fact that was ever written, as one chooses it. */
export interface FactChoice {
  readonly subject: string;
  readonly prompt: string;
  readonly question: string;
}

/** The questions that entries wrote answers to, the newest first. */
export function factChoices({ timeline }: Pick<VersionList, 'timeline'>): FactChoice[] {
  const found = new Map<string, FactChoice>();
  for (const { subject, prompt } of timeline.flatMap(({ facts }) => facts)) {
    const question = questionOf(subject, prompt);
    if (!found.has(question)) found.set(question, { subject, prompt, question });
  }
  return [...found.values()];
}

export function questionOf(subject: string, prompt: string): string {
  return fillPrompt(prompt, subject).text;
}

/** How likely each answer to a question was in the versions that it was measured in; undefined where nothing was measured. */
export function factFigure({ question, chances }: Result<'courses.fact'>, list: VersionList): CourseFigure | undefined {
  const { steps, at } = versionSteps(list);
  const answers = [...new Set(chances.map(({ answer }) => answer.trim()))];
  if (answers.length === 0) return undefined;
  return {
    title: question,
    what: text.what,
    measure: text.chance,
    steps,
    ends: [0, 1],
    series: answers.map((answer, place): CourseSeries => ({
      name: answer,
      ...look(place),
      isJoined: true,
      points: chances.flatMap((one) => {
        const step = at.get(one.version);
        return one.answer.trim() !== answer || step === undefined
          ? []
          : [{ step, value: one.probability, says: text.measuredBy(one.entry) }];
      }),
    })),
    short: (value) => percent(value),
    tick: whole,
  };
}

/** Each measure over the versions. What was measured otherwise is a series of its own, and nothing joins points: their facts differ. */
export function measureFigures(measured: readonly MeasuredOnce[], list: VersionList): CourseFigure[] {
  const found = new Set(measured.flatMap(({ checks }) => checks.map(({ name }) => name)));
  const names = [...measureNames().filter((name) => found.has(name)), ...[...found].filter((name) => !isMeasure(name))];
  const versions = versionSteps(list);
  const series = [...new Set(measured.map(seriesName))];
  return names.map((name): CourseFigure => {
    const measure: Measure | undefined = isMeasure(name) ? MEASURES[name] : undefined;
    const isShare = measure?.unit === 'share';
    const own = series.map((of, place): CourseSeries => ({
      name: of,
      ...look(place),
      points: measured.filter((one) => seriesName(one) === of).flatMap((one) => pointsFor(name, measure, one, versions)),
    }));
    return {
      title: measure?.label ?? name,
      what: text.what,
      measure: text.units[measure?.unit ?? 'none'],
      steps: versions.steps,
      ...(isShare ? { ends: [0, 1] as const } : {}),
      series: own.filter(({ points }) => points.length > 0),
      short: isShare ? (value) => percent(value) : plainNumber,
      ...(isShare ? { tick: whole } : {}),
    };
  });
}

function seriesName({ kind, suite }: MeasuredOnce): string {
  return text.series(kind, suite);
}

function pointsFor(
  name: string,
  measure: Measure | undefined,
  { entry, version, against, facts, checks }: MeasuredOnce,
  { at, entryOf }: ReturnType<typeof versionSteps>,
): CourseSeries['points'] {
  const check = checks.find((one) => one.name === name);
  if (!check) return [];
  const place = (of: string, value: number, says: string) => {
    const step = at.get(of);
    return step === undefined ? [] : [{ step, value, says }];
  };
  const since = measure?.isAgainst === true ? entryOf.get(against) : undefined;
  // Of text that has nothing to do with the facts the value before is one of the version before.
  const before = measure?.counts === 'text' ? check.before : undefined;
  return [
    ...(before === undefined ? [] : place(against, before, text.measuredBefore(entry))),
    ...place(version, check.value, text.measured(entry, measure?.counts === 'fact' ? facts : 0, since)),
  ];
}
