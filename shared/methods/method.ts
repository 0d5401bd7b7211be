import type { ToldChoice } from '../told.ts';
import type { Setting } from './setting.ts';

/** What to do next about an edit that went not quite right. */
export interface Advice {
  readonly title: string;
  readonly text: string;
}

/** What people need to know of an edit method; how it works stands in the engine, under the same name. */
export interface MethodDescriptor {
  /** As records have it. */
  readonly name: string;
  readonly title: string;
  /** One sentence: what it does. */
  readonly summary: string;
  /** When to choose it, to stand behind its name: "for single facts". */
  readonly choose: string;
  readonly paper: { readonly title: string; readonly authors: string; readonly url: string };
  /** How many layers it changes. */
  readonly layers: 'one' | 'several';
  /** What cannot be told to it, though other methods that have the setting can be told: why, and what to do instead. */
  readonly cannotTell?: { readonly choice: ToldChoice; readonly message: string; readonly hint: string };
  /** In the order in which forms and records show them. */
  readonly settings: readonly Setting[];
  /** What helps when neighbours changed, when the edit did not carry over to other words, when a single fact did not take. */
  readonly advice: { readonly harmful?: Advice; readonly weak?: Advice; readonly missedOne?: Advice };
}

/** Keeps the exact types of a descriptor. */
export function describe<const D extends MethodDescriptor>(descriptor: D): D {
  return descriptor;
}
