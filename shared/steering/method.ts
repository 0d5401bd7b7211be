import type { Setting } from '../methods/setting.ts';

/** What a method is fitted on: nothing, one pair of prompts, pairs of texts, or texts labelled true and false in groups. */
export type SteeringData = 'nothing' | 'pair' | 'pairs' | 'labelled';

/** What people need to know of a steering method; how it works stands in electron/engine/steer/methods, under the same name. */
export interface SteeringDescriptor {
  /** As records have it. */
  readonly name: string;
  readonly title: string;
  /** One sentence: what it does. */
  readonly summary: string;
  /** When to choose it, to stand behind its name. */
  readonly choose: string;
  readonly paper: { readonly title: string; readonly authors: string; readonly url: string };
  /** The published code that the defaults follow. */
  readonly code: string;
  readonly data: SteeringData;
  /** Which setting is the strength, where there is one; a sweep varies it. */
  readonly strength?: string;
  /** In the order in which forms and records show them. */
  readonly settings: readonly Setting[];
  /** What is known to fail or to disappoint, said where the method is offered. */
  readonly caution?: string;
}

/** Keeps the exact types of a descriptor. */
export function describeSteering<const D extends SteeringDescriptor>(descriptor: D): D {
  return descriptor;
}
