import type { DescriptorOf, EditMethodName } from '../../../shared/methods/list.ts';
import type { BaseSettings, EditMethod, SettingsOf } from './method.ts';
import * as implementations from './methods/index.ts';

/** One implementation for each name of the list; the compiler names the half that is missing. */
export type Implementations = { readonly [M in EditMethodName]: EditMethod<SettingsOf<DescriptorOf<M>>> };

/** Every edit method by its name. */
export const METHODS: { readonly [M in EditMethodName]: EditMethod<BaseSettings> } = implementations satisfies Implementations;
