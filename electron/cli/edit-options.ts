import { EDIT_METHODS, METHOD_NAMES, type Choices, type EditMethodName, methodsWith, SETTINGS } from '../../shared/methods/list.ts';
import { readSetting, type Setting } from '../../shared/methods/setting.ts';
import { VALUES } from '../../shared/methods/values.ts';
import type { Params } from '../../shared/contract.ts';
import type { Application } from '../services/application.ts';
import { choice, type Option, text, type Values, value } from './options.ts';
import { UsageError } from './usage.ts';
import { given } from '../../shared/given.ts';

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
function editChoices(values: EditValues): Choices {
  const given = [...SETTINGS.values()].map(({ key, flag }) => [key, values[flag]] as const);
  return Object.fromEntries(given.filter(([, set]) => set !== undefined)) as Choices;
}

/** How an edit is to be made. @throws EmendError 'not-found' for a hyperparameter file that is not there */
export async function recipeFor(
  app: Application,
  values: EditValues,
  otherwise: EditMethodName,
): Promise<Pick<Params<'edits.start'>, 'method' | 'choices' | 'hyperparameterFile' | 'covarianceText'>> {
  const granted = (path: string) => app.grants.grant(path).handle;
  const { hyperparameters, covarianceText } = values;
  const hyperparameterFile = hyperparameters
    ? await app.call('edits.readHyperparameters', { source: granted(hyperparameters) })
    : undefined;
  return {
    method: values.method ?? otherwise,
    choices: editChoices(values),
    ...given({ hyperparameterFile }),
    covarianceText: covarianceText && granted(covarianceText),
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
