import type * as v from 'valibot';
import type { Report } from '../../../shared/progress.ts';
import type { SteeringDescriptor } from '../../../shared/steering/method.ts';
import type { Reader } from '../../../shared/steering/reader.ts';
import type { SteeringSite } from '../../../shared/steering/sites.ts';
import type { Anatomy } from '../anatomy/types.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { Steering } from './steering.ts';

/** A text as tokens, which of the two kinds it is of, and which pair or question it belongs to. */
export interface Example {
  readonly ids: readonly number[];
  readonly label: boolean;
  readonly group: number;
}

/** Groups of examples: those that are fitted on, those that only judge what was fitted, and those that nothing was chosen by. */
export interface Split {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/** The values of a method's settings. */
export type SettingsOf<D extends SteeringDescriptor> = { readonly [S in D['settings'][number] as S['key']]: v.InferOutput<S['schema']> };

/** The same where nobody chose any, each with where it comes from. */
export type DefaultsOf<D extends SteeringDescriptor> = {
  readonly [S in D['settings'][number] as S['key']]: { readonly value: v.InferOutput<S['schema']>; readonly source: string };
};

/** Everything that a method works with. */
export interface FitWork<S = Readonly<Record<string, unknown>>> {
  readonly decoder: Decoder;
  readonly examples: readonly Example[];
  readonly split: Split;
  /** Rows along which spread is measured; the examples that are fitted on when there are none. */
  readonly tuning: readonly (readonly number[])[];
  /** The token that shorter prompts of a pair are filled up with. */
  readonly pad: number;
  readonly settings: S;
  readonly report: Report;
}

/** How well one place tells the two kinds apart. */
export interface PlaceFinding {
  readonly site: SteeringSite;
  readonly layer: number;
  readonly head?: number | undefined;
  /** Share that is told rightly: of the groups that judge, and of those that nothing was chosen by; undefined without such groups. */
  readonly validation: number | undefined;
  readonly heldOut: number | undefined;
  /** Whether it is steered. */
  readonly chosen: boolean;
}

/** What a method found. */
export interface Fitted {
  /** What is done while running. */
  readonly steering: Steering;
  /** A direction that is to be taken out of the weights instead, with or without biases and positions. */
  readonly weights?: { readonly direction: Float32Array; readonly biases: boolean } | undefined;
  /** Directions to read texts by. Their vectors lie with the steering's. */
  readonly readers: readonly Reader[];
  readonly places: readonly PlaceFinding[];
  readonly warnings: readonly { readonly message: string; readonly hint: string }[];
}

/** The other half of a method's descriptor: how it works. */
export interface SteeringMethod<S = Readonly<Record<string, unknown>>, F = unknown> {
  /** What is used where a person says nothing: the published code's way. */
  defaults(anatomy: Anatomy): F;
  /** The settings with which it steers every place that it might, where it chooses some; for controls. */
  everywhere?(settings: S): S;
  /** @throws EmendError 'bad-input' for examples that it cannot be fitted on */
  fit(work: FitWork<S>): Promise<Fitted>;
}
