import type * as v from 'valibot';
import type { Fact } from '../../../shared/fact.ts';
import type { MethodDescriptor } from '../../../shared/methods/method.ts';
import type { Anatomy } from '../anatomy/types.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { FactToken } from '../text/positions.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { PublishedSet } from './hparams/published.ts';
import type { KeyStatistics } from './statistics.ts';
import type { KeptTargets, Target } from './target.ts';
import type { Together } from './together.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Delta, EditWarning, FactTokens } from './types.ts';

/** A value, and in words where it came from. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: string;
}

/** Every setting of a method with its source. One that is chosen from the facts is undefined until the method has run. */
export type SettingsOf<D extends MethodDescriptor> = {
  readonly [S in D['settings'][number] as S['key']]:
    Sourced<v.InferOutput<S['schema']>> | (S extends { later: object } ? undefined : never);
};

/** What working out an edit asks of any method's settings; the covariance is measured for a method that says how much text it wants. */
export interface BaseSettings {
  readonly layers: Sourced<readonly number[]>;
  readonly factToken?: Sourced<FactToken>;
  readonly seed: Sourced<number>;
  readonly covarianceTokens?: Sourced<number>;
  readonly useCovariance?: Sourced<boolean>;
  readonly ridge?: Sourced<number>;
  readonly together?: Sourced<boolean>;
  readonly ownFactor?: Sourced<number>;
}

/** Everything that a method works with. */
export interface EditWork<S = BaseSettings> {
  readonly decoder: Decoder;
  readonly tokenizer: Tokenizer;
  readonly facts: readonly Fact[];
  /** The facts as token rows, behind the contexts. */
  readonly tokens: readonly FactTokens[];
  readonly settings: S;
  /** Windows of layers to choose from when nobody named any; empty otherwise. */
  readonly windows: readonly (readonly number[])[];
  readonly statistics: KeyStatistics;
  readonly contexts: readonly string[];
  /** Facts that earlier edits wrote and that are in force, the oldest first. */
  readonly earlier: readonly Fact[];
  /** Facts of earlier edits that are solved together with these on this decoder, and their settings; undefined where not asked for. */
  readonly together: Pick<Together, 'facts' | 'settings'> | undefined;
  /** Token rows of the text that the covariance is taken from. */
  readonly ordinaryText: () => Promise<readonly (readonly number[])[]>;
  /** Where wanted states wait that were found for some of many facts. */
  readonly kept?: KeptTargets | undefined;
  readonly report: Report;
}

/** What a method found. */
export interface EditResult<S = BaseSettings> {
  readonly delta: Delta;
  /** As used, with nothing left open. */
  readonly settings: S;
  /** Per fact and step of the search: −log p(target), KL, decay. */
  readonly histories: readonly (readonly (readonly [nll: number, kl: number, decay: number])[])[];
  readonly warnings: readonly EditWarning[];
  /** Of an edit that can be solved again together with later ones: the facts' targets, and λ. */
  readonly solved?: { readonly targets: readonly Target[]; readonly covarianceWeight: number };
}

/** The other half of a method's descriptor: how it works. */
export interface EditMethod<S = BaseSettings> {
  /** Sets that were published for models, in the order in which they are tried. */
  readonly published: readonly PublishedSet[];
  /** What is used where neither a person, a file nor a published set says anything. */
  defaults(anatomy: Anatomy): S;
  /** Windows of layers worth trying on the facts when nobody named any. */
  windows(anatomy: Anatomy): number[][];
  /** What the keys of a fact's rows, the plain one first, count in the key that is written; together 1. */
  keyWeights(rows: number): number[];
  /** Templates that the facts' prompts are put into, each with one {}; the bare one first. */
  contexts(work: Pick<EditWork<S>, 'decoder' | 'tokenizer' | 'settings' | 'report'>): Promise<string[]>;
  run(work: EditWork<S>): Promise<EditResult<S>>;
}
