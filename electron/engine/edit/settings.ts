import { EmendError } from '../../../shared/errors.ts';
import { EDIT_METHODS, type Choices, type EditMethodName } from '../../../shared/methods/list.ts';
import type { MethodDescriptor } from '../../../shared/methods/method.ts';
import { written } from '../../../shared/methods/setting.ts';
import type { Anatomy } from '../anatomy/types.ts';
import { publishedFor } from './hparams/published.ts';
import { type HyperparameterFile, readHyperparameters, type UnusedFields } from './hparams/read.ts';
import type { BaseSettings, EditMethod, Sourced } from './method.ts';
import { METHODS } from './methods.ts';

/** What was asked for. */
export interface AskedSettings {
  readonly method: EditMethodName;
  readonly choices: Choices;
  readonly hyperparameterFile?: HyperparameterFile | undefined;
  /** Made only to be measured, by all that its facts name. */
  readonly isTrial?: boolean;
}

/** The settings of an edit as far as they do not depend on the facts. */
export interface Settled {
  readonly method: EditMethod;
  readonly descriptor: MethodDescriptor;
  readonly settings: BaseSettings;
  /** Windows of layers to choose from, when nobody chose any; empty otherwise. */
  readonly windows: readonly (readonly number[])[];
  readonly unused: readonly UnusedFields[];
}

/** A hyperparameter as forms and records have it. */
export interface Hyperparameter {
  readonly key: string;
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

/**
 * Puts together what was asked for, a hyperparameter file, the set published for this model, and what its anatomy suggests, in this order.
 * @param name what the model is called
 * @throws EmendError 'bad-input' for a setting that the method has not, and layers that the model has not; 'unsupported' for layers that
 *   cannot be edited
 */
export function editSettings(asked: AskedSettings, anatomy: Anatomy, name: string): Settled {
  const descriptor = EDIT_METHODS[asked.method];
  const method = METHODS[asked.method];
  refuseStrangeChoices(asked.choices, descriptor);
  const file = asked.hyperparameterFile && readHyperparameters(asked.hyperparameterFile, descriptor);
  const published = publishedFor(method.published, shapeOf(anatomy, name));
  const fileName = asked.hyperparameterFile?.name;
  const given: readonly { readonly values: Readonly<Record<string, unknown>>; readonly source: string }[] = [
    ...(asked.isTrial ? [toldToTrials(descriptor)] : []),
    { values: asked.choices, source: 'as asked' },
    { values: file?.values ?? {}, source: `from ${fileName}` },
    { values: file?.implied ?? {}, source: `what ${fileName} means by leaving it out` },
    ...turnedOff(asked.choices, descriptor),
    { values: published?.values ?? {}, source: `published for ${published?.model} (${published?.source})` },
    { values: published?.implied ?? {}, source: 'published default' },
  ];
  const defaults = method.defaults(anatomy) as unknown as Readonly<Record<string, Sourced<unknown> | undefined>>;
  const pick = (key: string): Sourced<unknown> | undefined => {
    const found = given.find(({ values }) => values[key] !== undefined);
    return found ? { value: found.values[key], source: found.source } : defaults[key];
  };
  const settings = Object.fromEntries(descriptor.settings.map(({ key }) => [key, pick(key)])) as unknown as BaseSettings;
  checkLayers(settings.layers.value, anatomy, descriptor);
  const isOpen = given.every(({ values }) => values['layers'] === undefined);
  return {
    method,
    descriptor,
    settings,
    windows: isOpen ? method.windows(anatomy) : [],
    unused: file?.unused(anatomy.layers.length) ?? [],
  };
}

/** What trials are told, whatever a file or a published set says. */
function toldToTrials({ settings }: MethodDescriptor) {
  const values = Object.fromEntries(settings.map(({ key, tellsNothing }) => [key, tellsNothing]));
  return { values, source: 'all that is named checks what is only measured' };
}

/** What is off because something else was asked for with which it cannot be. */
function turnedOff(choices: Choices, { settings }: MethodDescriptor) {
  return settings.flatMap(({ key, label, turnsOff }) =>
    turnsOff !== undefined && isOn((choices as Readonly<Record<string, unknown>>)[key])
      ? [{ values: { [turnsOff]: false }, source: `since ${label} is asked for` }]
      : [],
  );
}

/** Whether a value asks for what its setting does: yes, or a number that is not 0. */
function isOn(value: unknown): boolean {
  return value === true || (typeof value === 'number' && value !== 0);
}

/** Key, name, value and source of every setting, in the method's order. One that only the facts can tell says so. */
export function listed(descriptor: MethodDescriptor, settings: BaseSettings): Hyperparameter[] {
  const values = settings as unknown as Readonly<Record<string, Sourced<unknown> | undefined>>;
  return descriptor.settings.map((setting) => {
    const found = values[setting.key];
    if (found) return { key: setting.key, name: setting.label, value: written(setting, found.value), source: found.source };
    if (setting.later) return { key: setting.key, name: setting.label, ...setting.later };
    throw new Error(`${descriptor.title} gives no value for its setting "${setting.key}"`);
  });
}

/** Fields of a hyperparameter file that were not used, as a warning says it. */
export function unusedInWords(file: HyperparameterFile, { fields, why }: UnusedFields): { message: string; hint: string } {
  return { message: `${file.name}: not used: ${fields.join(', ')}.`, hint: `${why[0]!.toUpperCase()}${why.slice(1)}.` };
}

function shapeOf(anatomy: Anatomy, name: string) {
  const first = anatomy.layers[0]!.mlp.down;
  return {
    hiddenSize: anatomy.hiddenSize,
    layers: anatomy.layers.length,
    innerSize: first.inWidth,
    vocabularySize: anatomy.vocabulary,
    name,
  };
}

function refuseStrangeChoices(choices: Choices, { title, settings }: MethodDescriptor): void {
  for (const [key, value] of Object.entries(choices)) {
    if (value === undefined || settings.some((setting) => setting.key === key)) continue;
    const known = settings.map((setting) => setting.key).join(', ');
    throw new EmendError('bad-input', `${title} has no setting "${key}".`, `Leave it out; ${title} has: ${known}.`, { field: key });
  }
}

function checkLayers(layers: readonly number[], anatomy: Anatomy, { title, layers: count }: MethodDescriptor): void {
  const depth = anatomy.layers.length;
  const wrong = layers.find((l) => !Number.isInteger(l) || l < 0 || l >= depth);
  if (wrong !== undefined) {
    throw new EmendError(
      'bad-input',
      `Layer ${wrong} was asked for; this model has layers 0 to ${depth - 1}.`,
      'Choose layers of this model, or leave them out.',
    );
  }
  if (layers.length === 0 || layers.some((l, i) => i > 0 && l <= layers[i - 1]!)) {
    throw new EmendError(
      'bad-input',
      `The layers are ${layers.join(', ') || 'none'}; expected ascending ones, each once.`,
      'Write them as 3,4,5.',
    );
  }
  if (count === 'one' && layers.length !== 1) {
    throw new EmendError(
      'bad-input',
      `${title} edits one layer; ${layers.length} were given (${layers.join(', ')}).`,
      'Name one layer, or use a method that edits several.',
    );
  }
  for (const l of layers) {
    const refusal = anatomy.layers[l]!.mlp.refusal;
    if (refusal) throw new EmendError('unsupported', `Layer ${l} cannot be edited: ${refusal.reason}.`, refusal.hint);
  }
}
