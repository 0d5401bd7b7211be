import { EmendError } from '../../../shared/errors.ts';
import type { Report } from '../../../shared/progress.ts';
import type { SteeringExample } from '../../../shared/steering/data.ts';
import { STEERING_METHODS, type SteeringChoices, type SteeringMethodName } from '../../../shared/steering/list.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { Random } from '../runtime/sampling.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Example, Fitted, Split } from './method.ts';
import { METHODS } from './methods.ts';
import { splitOf } from './pairs.ts';
import { steeringSettings, type UsedSetting } from './settings.ts';
import type { Steering } from './steering.ts';
import { leastLeft, replaced } from './variants.ts';

/** What a steering is to be fitted on, and how. */
export interface FitRequest {
  readonly decoder: Decoder;
  readonly tokenizer: Tokenizer;
  readonly method: SteeringMethodName;
  readonly choices: SteeringChoices;
  readonly examples: readonly SteeringExample[];
  /** Texts along which spread is measured; the fitted ones when there are none. */
  readonly tuning: readonly string[];
  /** Share of the groups that nothing is chosen by. */
  readonly heldOut: number;
  /** Also fit on shuffled labels, as a control. */
  readonly control: boolean;
}

/** A fitted steering with how it came to be. */
export interface FitResult extends Fitted {
  readonly used: readonly UsedSetting[];
  readonly split: Split;
  /** Directions of shuffled labels in place of its own; undefined where none was asked for, or there is no label to shuffle. */
  readonly control: Steering | undefined;
}

/** Fewer groups leave nothing to judge by. */
const LEAST_GROUPS = 4;

/** Fits a steering method on texts. @throws EmendError 'bad-input' for texts that it cannot be fitted on */
export async function fitSteering(request: FitRequest, report: Report): Promise<FitResult> {
  const { decoder, tokenizer, method, choices } = request;
  const { data } = STEERING_METHODS[method];
  const { values, used } = steeringSettings(method, choices, decoder.anatomy);
  const examples = request.examples.map(({ text, label, group }, at) => ({ ids: encoded(tokenizer, text, at), label, group }));
  const split = splitFor(examples, data, request.heldOut, values);
  const work = {
    decoder,
    examples,
    split,
    tuning: request.tuning.map((text, at) => encoded(tokenizer, text, at)),
    pad: padOf(tokenizer),
    settings: values,
    report,
  };
  const fitted = await METHODS[method].fit(work);
  const shuffles = request.control && (data === 'pairs' || data === 'labelled');
  const control = shuffles ? await shuffledControl(method, fitted.steering, work) : undefined;
  const warnings = shuffles && !control ? [...fitted.warnings, SAME_DIRECTION] : fitted.warnings;
  return { ...fitted, warnings, used, split, control };
}

function encoded(tokenizer: Tokenizer, text: string, at: number): readonly number[] {
  const ids = tokenizer.encode(text);
  if (ids.length > 0) return ids;
  throw new EmendError('bad-input', `Text ${at + 1} has no token.`, 'Leave it out.');
}

/** The token of a single space, which the published code fills up with. */
function padOf(tokenizer: Tokenizer): number {
  const { ids, leading } = tokenizer.encodeRow(' ');
  return ids[leading] ?? tokenizer.padId ?? 0;
}

function splitFor(examples: readonly Example[], data: string, heldOut: number, values: Readonly<Record<string, unknown>>): Split {
  const groups = [...new Set(examples.map(({ group }) => group))].sort((a, b) => a - b);
  if (data === 'nothing' || data === 'pair') return { train: groups, validation: [], test: [] };
  const seed = typeof values['seed'] === 'number' ? values['seed'] : 0;
  const judging = typeof values['validation'] === 'number' ? values['validation'] : 0;
  const split = splitOf(groups, { validation: judging * (1 - heldOut), test: heldOut }, seed);
  const enough = groups.length >= LEAST_GROUPS && split.train.length > 0;
  if (enough) return split;
  throw new EmendError(
    'bad-input',
    `${groups.length} groups of texts were given; at least ${LEAST_GROUPS} are needed, since some are held out to judge by.`,
    'Give more pairs or questions.',
  );
}

/** What must be left of a direction of shuffled labels for it to be one of its own. */
const LEAST_LEFT = 0.01;
const SAME_DIRECTION = {
  message: 'Shuffled labels give the same direction up to its sign here, so they cannot be a control.',
  hint: 'Hold it against random vectors, and against other texts.',
};

/**
 * The same fit with the labels of each group exchanged by chance, in every place that was steered; undefined where that finds the same
 * directions.
 */
async function shuffledControl(
  method: SteeringMethodName,
  steering: Steering,
  work: Parameters<(typeof METHODS)[SteeringMethodName]['fit']>[0],
): Promise<Steering | undefined> {
  const seed = typeof work.settings['seed'] === 'number' ? work.settings['seed'] : 0;
  const dice = new Random(seed + 1);
  const flips = new Map(work.examples.map(({ group }) => [group, false]));
  for (const group of flips.keys()) flips.set(group, dice.next() < 0.5);
  const examples = work.examples.map((one) => ({ ...one, label: flips.get(one.group)! ? !one.label : one.label }));
  const settings = METHODS[method].everywhere?.(work.settings) ?? work.settings;
  const other = await METHODS[method].fit({ ...work, settings, examples });
  return leastLeft(steering, other.steering) < LEAST_LEFT ? undefined : replaced(steering, other.steering, seed + 1);
}
