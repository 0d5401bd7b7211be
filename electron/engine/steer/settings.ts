import { STEERING_METHODS, type SteeringChoices, type SteeringMethodName } from '../../../shared/steering/list.ts';
import { written } from '../../../shared/methods/setting.ts';
import type { Anatomy } from '../anatomy/types.ts';
import { METHODS } from './methods.ts';

/** A setting as it is used, with where it comes from; in words for people and records. */
export interface UsedSetting {
  readonly key: string;
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

/** The values that a method works with. @param choices what a person set */
export function steeringSettings(
  method: SteeringMethodName,
  choices: SteeringChoices,
  anatomy: Anatomy,
): { readonly values: Readonly<Record<string, unknown>>; readonly used: readonly UsedSetting[] } {
  const defaults = METHODS[method].defaults(anatomy) as Readonly<Record<string, { readonly value: unknown; readonly source: string }>>;
  const chosen = choices as Readonly<Record<string, unknown>>;
  const all = STEERING_METHODS[method].settings.map((setting) => {
    const isChosen = chosen[setting.key] !== undefined;
    const { value, source } = isChosen ? { value: chosen[setting.key], source: 'chosen' } : defaults[setting.key]!;
    return { key: setting.key, value, used: { key: setting.key, name: setting.label, value: written(setting, value), source } };
  });
  return { values: Object.fromEntries(all.map(({ key, value }) => [key, value])), used: all.map(({ used }) => used) };
}
