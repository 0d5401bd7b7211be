/**
 * Every measure of a check, in the order in which they are read. How each is taken is in electron/services/edit-report.ts.
 * Entries keep a measure under its name here, so a name is never changed.
 */
export const MEASURES = {
  answers: {
    counts: 'fact',
    label: 'New answer given',
    unit: 'share',
    better: 'more',
    help: 'how often the model answers the edited prompt with the new answer',
    demand: {
      least: 0.9,
      help: 'The edited prompts are answered with the new answer.',
      option: 'Least share of edited prompts that must be answered with the new answer, 0 to 1',
      missing: 'Was not checked.',
    },
  },
  wordings: {
    counts: 'fact',
    label: 'In other words',
    unit: 'share',
    better: 'more',
    help: 'how often the model gives the new answer when it is asked in other words',
    demand: {
      least: 0.7,
      help: 'So are other wordings of them.',
      option: 'Least share of other wordings that must be answered with the new answer, 0 to 1',
      missing: 'No other wordings were given to check it by.',
    },
  },
  kept: {
    counts: 'fact',
    isAgainst: true,
    label: 'Neighbours kept',
    unit: 'share',
    better: 'more',
    help: 'how many neighbours are still answered as before',
    demand: {
      least: 0.7,
      help: 'Neighbours are still answered as before.',
      option: 'Least share of neighbours that must keep their answers, 0 to 1',
      missing: 'No neighbours were given to check it by, or there was no version to compare with.',
    },
  },
  subject: {
    counts: 'fact',
    isAgainst: true,
    label: 'Other facts about the subject kept',
    unit: 'share',
    better: 'more',
    help: 'how many other questions about the subject are still answered as before',
    demand: {
      least: 0.5,
      help: 'Other questions about the subject are still answered as before.',
      option: 'Least share of other facts about the edited subjects that must keep their answers, 0 to 1',
      missing: 'No other facts about the subject were given to check it by.',
      whereMeasured: true,
    },
  },
  efficacy: {
    counts: 'fact',
    label: 'Efficacy (ES)',
    unit: 'share',
    better: 'more',
    help: 'how often the new answer is likelier than the old one, each scored behind its own words; a third may be likelier',
  },
  generalization: { counts: 'fact', label: 'Generalization (PS)', unit: 'share', better: 'more', help: 'the same in other words' },
  specificity: {
    counts: 'fact',
    label: 'Specificity (NS)',
    unit: 'share',
    better: 'more',
    help: 'how often a neighbour’s own answer is likelier than the new one, scored in the same way; it need not be what the model says',
  },
  'neighbors unchanged': {
    counts: 'fact',
    isAgainst: true,
    label: 'Same first token',
    unit: 'share',
    better: 'more',
    help: 'how many neighbours begin their answer with the same token as before',
  },
  fluency: {
    counts: 'fact',
    label: 'Fluency',
    unit: 'bits',
    better: 'more',
    help: 'variety of what it writes about the subject, in bits; a fall means repetition',
  },
  drift: {
    counts: 'prompt',
    isAgainst: true,
    label: 'Drift',
    unit: 'nats',
    better: 'less',
    help: 'how far answers to unrelated prompts moved, in nats; 0 is not at all',
  },
  'top token changed': {
    counts: 'prompt',
    isAgainst: true,
    label: 'Other first words',
    unit: 'share',
    better: 'less',
    help: 'unrelated prompts that now begin their answer differently',
  },
  'held-out accuracy': {
    counts: 'case',
    of: 'steering',
    label: 'Held-out accuracy',
    unit: 'share',
    better: 'more',
    help: 'how many pairs or texts that nothing was chosen by a fitted direction tells apart',
  },
  MC1: {
    counts: 'case',
    of: 'steering',
    label: 'MC1',
    unit: 'share',
    better: 'more',
    help: 'how often the best answer is likelier than every wrong one',
  },
  MC2: {
    counts: 'case',
    of: 'steering',
    label: 'MC2',
    unit: 'share',
    better: 'more',
    help: 'how much of the probability of all answers lies on the right ones',
  },
  MC3: {
    counts: 'case',
    of: 'steering',
    label: 'MC3',
    unit: 'share',
    better: 'more',
    help: 'how many right answers are likelier than every wrong one',
  },
  'wanted words': {
    counts: 'text',
    of: 'steering',
    label: 'Wanted words',
    unit: 'share',
    better: 'more',
    help: 'how often what it writes has one of the words',
  },
  'text cross-entropy': {
    counts: 'text',
    of: 'steering',
    label: 'Text cross-entropy',
    unit: 'nats',
    better: 'less',
    help: 'of ordinary text, a token; a rise is the cost',
  },
  'text KL': {
    counts: 'text',
    isAgainst: true,
    of: 'steering',
    label: 'Text KL',
    unit: 'nats',
    better: 'less',
    help: 'how far the next token of ordinary text moved; 0 is not at all',
  },
  perplexity: {
    counts: 'text',
    label: 'Perplexity',
    unit: 'none',
    better: 'less',
    help: 'of ordinary text; a rise means the model writes worse',
  },
  'free answer': {
    counts: 'fact',
    of: 'honest',
    label: 'Written freely',
    unit: 'share',
    better: 'more',
    help: 'how often what it writes up to the end of its sentence is the new answer and nothing else',
  },
  'behind text': {
    counts: 'fact',
    of: 'honest',
    label: 'Written behind unrelated text',
    unit: 'share',
    better: 'more',
    help: 'the same with up to 200 tokens of unrelated text in front',
  },
  negated: {
    counts: 'fact',
    of: 'honest',
    label: 'Written though denied',
    unit: 'share',
    better: 'less',
    help: 'how often it writes the new answer behind “It is not true that …” as well',
  },
  'true or false': {
    counts: 'fact',
    of: 'honest',
    label: 'True or false',
    unit: 'share',
    better: 'more',
    help: 'how often True is likelier than False of the new answer, and False of the old one; guessing gives half',
  },
  'multiple choice': {
    counts: 'fact',
    of: 'honest',
    label: 'Multiple choice',
    unit: 'share',
    better: 'more',
    help: 'how often the new answer is the likeliest of those that are named, the old one among them, each first once',
  },
  'asked again': {
    counts: 'fact',
    of: 'honest',
    label: 'Asked again',
    unit: 'share',
    better: 'more',
    help: 'how often a chat model still names the new answer, and not the old one, when it is asked “Are you sure?”',
  },
  implied: {
    counts: 'fact',
    of: 'honest',
    label: 'What it implies',
    unit: 'share',
    better: 'more',
    help: 'how often it answers what the fact implies, such as the relation the other way round, with that answer and nothing else',
  },
  'one hop': {
    counts: 'fact',
    of: 'honest',
    label: 'One hop further',
    unit: 'share',
    better: 'more',
    help: 'how often it answers what is one hop further than the fact with that answer and nothing else',
  },
} as const satisfies Readonly<Record<string, Measure>>;

/** 'share': 0 to 1. 'none': a number without a unit. */
export type Unit = 'share' | 'bits' | 'nats' | 'none';

export type Measure = Described & (Demandable | { readonly unit: Unit; readonly better: 'more' | 'less' });
/** What the cases of a measure are. */
export type Counted = 'fact' | 'prompt' | 'text' | 'case';
interface Described {
  readonly counts: Counted;
  /** It tells what became of something since another version. */
  readonly isAgainst?: true;
  /** 'steering': it is taken of no fact. 'honest': of facts, where they are asked as people ask (shared/honest). */
  readonly of?: 'steering' | 'honest';
  readonly label: string;
  /** What it says, as the rest of a sentence that begins with its label. */
  readonly help: string;
}
/** Only a share of which more is better can be demanded. */
interface Demandable {
  readonly unit: 'share';
  readonly better: 'more';
  readonly demand: Demand;
}

/** A measure that a check must reach. */
export interface Demand {
  /** The least share that passes, until the settings say otherwise. */
  readonly least: number;
  /** What is demanded, as a sentence. */
  readonly help: string;
  /** The same as the help of an option of the command line. */
  readonly option: string;
  /** Said where it was not measured. */
  readonly missing: string;
  /** Of some facts there is nothing to measure it by; the policy then asks for nothing. */
  readonly whereMeasured?: true;
}

export type MeasureName = keyof typeof MEASURES;
/** Measures of which something is demanded. */
export type DemandedName = { [M in MeasureName]: (typeof MEASURES)[M] extends { readonly demand: Demand } ? M : never }[MeasureName];

/** The names of all measures, in the order in which they are read. */
export function measureNames(): MeasureName[] {
  return Object.keys(MEASURES) as MeasureName[];
}

/** Measures that every check of facts takes, where there is material. */
export type FactMeasureName = { [M in MeasureName]: (typeof MEASURES)[M] extends { readonly of: string } ? never : M }[MeasureName];
export function factMeasureNames(): FactMeasureName[] {
  return measureNames().filter((name) => !('of' in MEASURES[name])) as FactMeasureName[];
}

/** Measures of the kinds of questions of an honest check. */
export type HonestMeasureName = { [M in MeasureName]: (typeof MEASURES)[M] extends { readonly of: 'honest' } ? M : never }[MeasureName];

/** Whether a name that an entry holds is that of such a measure. */
export function isHonestMeasure(name: string): name is HonestMeasureName {
  const measure: Measure | undefined = isMeasure(name) ? MEASURES[name] : undefined;
  return measure !== undefined && 'of' in measure && measure.of === 'honest';
}

/** The names of those of which something is demanded. */
export function demandedNames(): DemandedName[] {
  return measureNames().filter((name) => 'demand' in MEASURES[name]) as DemandedName[];
}

/** A value for each measure of which something is demanded. */
export function forDemanded<T>(valueOf: (name: DemandedName) => T): Record<DemandedName, T> {
  return Object.fromEntries(demandedNames().map((name) => [name, valueOf(name)])) as Record<DemandedName, T>;
}

/** Whether a name that an entry holds is that of a measure of this release. */
export function isMeasure(name: string): name is MeasureName {
  return Object.hasOwn(MEASURES, name);
}
