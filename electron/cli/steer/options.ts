import { STEERING_METHODS, STEERING_NAMES, STEERING_SETTINGS, type SteeringChoices } from '../../../shared/steering/list.ts';
import { readSetting, type Setting } from '../../../shared/methods/setting.ts';
import { VALUES } from '../../../shared/methods/values.ts';
import { SET_NAMES, STEERING_SETS } from '../../../shared/steering/sets.ts';
import { choice, flag, integer, integers, number, type Option, text, texts, type Values, value } from '../options.ts';
import { UsageError } from '../usage.ts';

/** Longer lists of choices stand in the help, so that its columns stay. */
const LONGEST_CHOICES = 24;
const LIST = value('X,Y,…', 'sweep: strengths, as multiples of the fitted one (default: 0.25,0.5,1,2)', (raw, name): readonly number[] => {
  const found = raw.split(',').map((one) => Number(one.trim()));
  if (found.length > 0 && found.every(Number.isFinite)) return found;
  throw new UsageError(`${name} is ${JSON.stringify(raw)}; expected numbers.`, `Write them with commas: ${name} 0.5,1,2`);
});

/** Options of every act; each says which it is for. Every setting of every method has its option. */
export const steerOptions = {
  method: choice(
    STEERING_NAMES,
    `fit: how to steer: ${STEERING_NAMES.map((name) => `${name} ${STEERING_METHODS[name].choose}`).join('; ')}`,
  ),
  data: text('FILE', 'fit: pairs, labelled texts or TruthfulQA to fit on: CSV, JSON, JSONL'),
  set: choice(
    SET_NAMES,
    `fit: a built-in set: ${SET_NAMES.map((name) => `${name} (${STEERING_SETS[name].label.toLowerCase()})`).join(', ')}`,
  ),
  plus: text('TEXT', 'fit: the first text of a single pair'),
  minus: text('TEXT', 'fit: the second text of a single pair'),
  heldOut: number('X', 'fit: share of the groups that nothing is chosen by (default: 0.25)', { min: 0, max: 0.9 }),
  ...(Object.fromEntries([...STEERING_SETTINGS.values()].map((setting) => [setting.flag, settingOption(setting)])) as Record<
    string,
    Option<unknown>
  >),
  save: text('FILE', 'fit: also write the steering to a file: .safetensors, or .gguf for llama.cpp'),
  force: flag('fit: replace the file of --save when it is there'),
  from: text('FILE', 'apply, sweep, bake, read: a steering file (ours, GGUF, safetensors) instead of a draft'),
  check: flag('fit: also measure it beside its controls'),
  questions: text('FILE', 'fit --check, sweep: questions to measure by (default: those of the data)'),
  answers: choice(['whole', 'first token'], 'fit --check, sweep: score answers by all their tokens (default) or by the first'),
  texts: integer('N', 'fit --check, sweep: ordinary texts to see the cost on (default: 20)', { min: 0, max: 1000 }),
  draws: integer('N', 'fit --check: random vectors to hold it against (default: 3)', { min: 0, max: 32 }),
  prefix: text('TEXT', 'fit --check: a text in front of every prompt that asks for the same, unsteered'),
  write: texts('PROMPT', 'fit --check, sweep: write on from this prompt'),
  words: texts('WORD', 'fit --check, sweep: a word to look for in what is written'),
  scales: LIST,
  together: flag('sweep: all steered layers together only, not each alone too'),
  limit: number('NATS', 'sweep: the greatest KL on ordinary text that the best point may cost', { min: 0 }),
  prompt: texts('TEXT', 'apply: ask this, off, on and with random vectors'),
  scale: number('X', 'apply: how many times as strong', { min: -1000, max: 1000 }),
  maxTokens: integer('N', 'apply, fit --check: tokens to write (default: 30)', { min: 1, max: 500 }),
  reason: text('TEXT', 'apply: record it with this reason: from then on the current version is steered'),
  tag: text('NAME', 'apply --reason: also name the new version'),
  text: text('TEXT', 'read: the text'),
  entry: integer('N', 'read: by the steering of this entry of the record', { min: 1 }),
  at: text('VERSION', 'bake: which version of a model of the library (default: the current one)'),
  despite: integers('N,…', 'bake --to: of a version that was rejected, the entries of the rejections that you have read', { min: 1 }),
  to: text('FOLDER', 'bake: write the steered model to this new folder (left out: only the plan)'),
};
export type SteerValues = Values<typeof steerOptions> & Readonly<Record<string, unknown>>;

/** What was set of the methods' settings, by their keys. */
export function steeringChoices(values: SteerValues): SteeringChoices {
  const given = [...STEERING_SETTINGS.values()].map(({ key, flag: name }) => [key, values[name]] as const);
  return Object.fromEntries(given.filter(([, set]) => set !== undefined)) as SteeringChoices;
}

function settingOption(setting: Setting): Option<unknown> {
  const owners = STEERING_NAMES.filter((name) => STEERING_METHODS[name].settings.some(({ key }) => key === setting.key));
  const shown = setting.choices?.join('|') ?? VALUES[setting.kind].placeholder;
  const isLong = shown.length > LONGEST_CHOICES;
  const help = `${owners.join(', ')}: ${setting.help.replace(/\.$/, '')}${isLong ? `: ${setting.expected}` : ''}`;
  return value(isLong ? 'NAME' : shown, help, (raw, name) => {
    const found = readSetting(setting, raw);
    if ('value' in found) return found.value;
    throw new UsageError(`${name} is ${JSON.stringify(raw)}; expected ${setting.expected}.`, `Write ${name} with ${setting.expected}.`);
  });
}
