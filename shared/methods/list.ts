import * as v from 'valibot';
import * as methods from './index.ts';
import type { MethodDescriptor } from './method.ts';
import type { Setting } from './setting.ts';

type Methods = typeof methods;
export type EditMethodName = keyof Methods;
/** The descriptor of a method, with the exact types of its settings. */
export type DescriptorOf<M extends EditMethodName> = Methods[M];

/** Every edit method by its name. */
export const EDIT_METHODS: { readonly [M in EditMethodName]: MethodDescriptor & { readonly name: M } } = methods;
export const METHOD_NAMES = Object.keys(EDIT_METHODS) as [EditMethodName, ...EditMethodName[]];
export const EditMethodSchema = v.picklist(METHOD_NAMES, `a method: ${METHOD_NAMES.join(' or ')}`);

/** What is taken where nobody chose a method. */
export const DEFAULT_METHOD: EditMethodName = 'memit';
/** The same where facts are edited each by itself. */
export const DEFAULT_FOR_SINGLE_FACTS: EditMethodName = 'rome';

/** What people call a method; a name that is not in the list (in the record of another release) as it was recorded. */
export function methodTitle(name: string): string {
  return v.is(EditMethodSchema, name) ? EDIT_METHODS[name].title : name;
}

/** Settings of all methods by their keys. Methods that share a key share the setting. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map(
  METHOD_NAMES.flatMap((name) => EDIT_METHODS[name].settings.map((setting) => [setting.key, setting] as const)),
);

/** The methods that have a setting. */
export function methodsWith(key: string): EditMethodName[] {
  return METHOD_NAMES.filter((name) => EDIT_METHODS[name].settings.some((setting) => setting.key === key));
}

type AnySetting = DescriptorOf<EditMethodName>['settings'][number];
/** Hyperparameters that a person set; what is left out is derived from the model. */
export type Choices = { [S in AnySetting as S['key']]?: v.InferOutput<S['schema']> | undefined };

/** Any settings of any method: a form keeps what was set for one while another is looked at. */
export const ChoicesSchema = v.strictObject(
  Object.fromEntries([...SETTINGS].map(([key, { schema }]) => [key, v.optional(schema)])),
) as unknown as v.GenericSchema<Choices>;
