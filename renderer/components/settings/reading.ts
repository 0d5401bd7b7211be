import { inField, readSetting, type Setting } from '../../../shared/methods/setting.ts';
import { settingText } from './text.ts';

/** A typed setting: what it means, or what is wrong with it. Empty text is unset. */
export type ReadWritten = { readonly value: unknown } | { readonly problem: string };

/** Reads what a person typed for a setting. @param layers how many layers the model has */
export function readWritten(setting: Setting, text: string, layers: number): ReadWritten {
  const typed = text.trim();
  if (typed === '') return { value: undefined };
  const read = readSetting(setting, typed);
  if ('expected' in read) return { problem: settingText.notRead(read.expected, typed) };
  const above = setting.kind === 'layers' ? (read.value as readonly number[]).find((layer) => layer >= layers) : undefined;
  if (above !== undefined) return { problem: settingText.noLayer(layers, above) };
  return { value: read.value };
}

/** A setting's value as its field shows it. */
export function written(setting: Setting, value: unknown): string {
  return value === undefined ? '' : inField(setting, value);
}
