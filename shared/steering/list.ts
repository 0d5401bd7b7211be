import * as v from 'valibot';
import type { Setting } from '../methods/setting.ts';
import * as methods from './index.ts';
import type { SteeringDescriptor } from './method.ts';

type Methods = typeof methods;
export type SteeringMethodName = keyof Methods;
/** The descriptor of a method, with the exact types of its settings. */
export type SteeringDescriptorOf<M extends SteeringMethodName> = Methods[M];

/** Every steering method by its name. */
export const STEERING_METHODS: { readonly [M in SteeringMethodName]: SteeringDescriptor & { readonly name: M } } = methods;
export const STEERING_NAMES = Object.keys(STEERING_METHODS) as [SteeringMethodName, ...SteeringMethodName[]];
export const SteeringMethodSchema = v.picklist(STEERING_NAMES, `a steering method: ${STEERING_NAMES.join(', ')}`);

/** What people call a method; a name that is not in the list (in the record of another release) as it was recorded. */
export function steeringTitle(name: string): string {
  return v.is(SteeringMethodSchema, name) ? STEERING_METHODS[name].title : name;
}

/** Settings of all methods by their keys. Methods that share a key share the setting. */
export const STEERING_SETTINGS: ReadonlyMap<string, Setting> = new Map(
  STEERING_NAMES.flatMap((name) => STEERING_METHODS[name].settings.map((setting) => [setting.key, setting] as const)),
);

type AnySetting = SteeringDescriptorOf<SteeringMethodName>['settings'][number];
/** Settings that a person chose; what is left out is the method's default. */
export type SteeringChoices = { [S in AnySetting as S['key']]?: v.InferOutput<S['schema']> | undefined };

/** Any settings of any method. */
export const SteeringChoicesSchema = v.strictObject(
  Object.fromEntries([...STEERING_SETTINGS].map(([key, { schema }]) => [key, v.optional(schema)])),
) as unknown as v.GenericSchema<SteeringChoices>;
