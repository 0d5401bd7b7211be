import type { SteeringDescriptorOf, SteeringMethodName } from '../../../shared/steering/list.ts';
import type { DefaultsOf, SettingsOf, SteeringMethod } from './method.ts';
import * as implementations from './methods/index.ts';

/** One implementation for each name of the list; the compiler names the half that is missing. */
type Implementations = {
  readonly [M in SteeringMethodName]: SteeringMethod<SettingsOf<SteeringDescriptorOf<M>>, DefaultsOf<SteeringDescriptorOf<M>>>;
};

const checked: Implementations = implementations;

/** Every steering method by its name. */
export const METHODS = checked as unknown as { readonly [M in SteeringMethodName]: SteeringMethod };
