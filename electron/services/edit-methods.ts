import type { MethodInfo, Setting } from '../../shared/contract/edits.ts';
import { EDIT_METHODS, type EditMethodName } from '../../shared/methods/list.ts';
import type { Jobs } from '../engine/jobs.ts';

type Derived = Jobs['settings']['result']['settings'];

/** A method for the form. @param derived what it would use, as the engine lists it */
export function methodInfo(name: EditMethodName, derived: Derived): MethodInfo {
  const { title, summary, choose, paper } = EDIT_METHODS[name];
  return { name, title, summary: `${summary} (${paper.authors})`, choose, settings: settingsOf(name, derived) };
}

/** The settings of a method with what it would use. */
export function settingsOf(name: EditMethodName, derived: Derived): Setting[] {
  return EDIT_METHODS[name].settings.map(({ key, label, help, kind, choices, unit }) => {
    const found = derived.find((one) => one.key === key);
    if (found === undefined) throw new Error(`The engine gives no value for the setting "${key}" of ${name}`);
    return { key, label, help, kind, choices, unit, value: found.value, source: found.source };
  });
}
