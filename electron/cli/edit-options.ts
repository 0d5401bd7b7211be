import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { HyperparameterFile } from '../../shared/contract/edits.ts';
import { EmendError } from '../../shared/errors.ts';
import { EDIT_METHODS, METHOD_NAMES, type Choices, type EditMethodName, methodsWith, SETTINGS } from '../../shared/methods/list.ts';
import { readSetting, type Setting } from '../../shared/methods/setting.ts';
import { VALUES } from '../../shared/methods/values.ts';
import type { NamedModel } from '../services/models.ts';
import { choice, type Option, text, type Values, value } from './options.ts';
import { UsageError } from './usage.ts';

/** Longer lists of choices stand in the help, so that its columns stay. */
const LONGEST_CHOICES = 24;

/** How an edit is made; shared by the commands that make one. Every setting of every method has its option. */
export const editOptions = {
  method: choice(METHOD_NAMES, `How to edit: ${METHOD_NAMES.map((name) => `${name} ${EDIT_METHODS[name].choose}`).join(', ')}`),
  hyperparameters: text('FILE', 'A published hyperparameter file, JSON or EasyEdit YAML'),
  ...(Object.fromEntries([...SETTINGS.values()].map((setting) => [setting.flag, settingOption(setting)])) as Record<
    string,
    Option<unknown>
  >),
  covarianceText: text('FILE', 'Text for the covariance of keys (default: text of the model’s own)'),
};
type EditValues = Pick<Values<typeof editOptions>, 'method' | 'hyperparameters' | 'covarianceText'> & Readonly<Record<string, unknown>>;

/** What was set of the methods' settings, by their keys. */
export function editChoices(values: EditValues): Choices {
  const given = [...SETTINGS.values()].map(({ key, flag }) => [key, values[flag]] as const);
  return Object.fromEntries(given.filter(([, set]) => set !== undefined)) as Choices;
}

/** The hyperparameter file that was named. @throws EmendError 'not-found' */
export async function hyperparameterFile({ hyperparameters: path }: EditValues): Promise<HyperparameterFile | undefined> {
  if (path === undefined) return undefined;
  const content = await readFile(resolve(path), 'utf8').catch((error: Error) => {
    throw new EmendError('not-found', `The hyperparameter file ${path} cannot be read: ${error.message}.`, 'Check the path.');
  });
  return { name: basename(path), text: content };
}

/** How an edit of a folder is to be made. A model that came with text uses that for the covariance. */
export async function recipeFor(values: EditValues, otherwise: EditMethodName, model: NamedModel) {
  const text = values.covarianceText;
  return {
    method: values.method ?? otherwise,
    choices: editChoices(values),
    hyperparameterFile: await hyperparameterFile(values),
    covarianceText: text === undefined ? model.material?.corpus : resolve(text),
  };
}

function settingOption(setting: Setting): Option<unknown> {
  const owners = methodsWith(setting.key);
  const only = owners.length < METHOD_NAMES.length ? `${owners.join(', ')}: ` : '';
  const written = setting.choices?.join('|') ?? VALUES[setting.kind].placeholder;
  const isLong = written.length > LONGEST_CHOICES;
  const help = `${only}${setting.help.replace(/\.$/, '')}${isLong ? `: ${setting.expected}` : ''}`;
  return value(isLong ? 'NAME' : written, help, (raw, name) => {
    const found = readSetting(setting, raw);
    if ('value' in found) return found.value;
    throw new UsageError(`${name} is ${JSON.stringify(raw)}; expected ${setting.expected}.`, `Write ${name} with ${setting.expected}.`);
  });
}
