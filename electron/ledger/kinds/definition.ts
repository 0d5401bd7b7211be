import type { GenericSchema } from 'valibot';
import type { ENTRY_KINDS, Kind, PartKind, RemarkKind, VersionKind } from '../../../shared/kinds.ts';
import type { BlobRef, ChangedTensor, CheckResult, FactBrief } from '../bodies.ts';
import type { Seal } from '../seals.ts';
import type { Version } from '../versions.ts';

/** What a kind may ask of the record before an act. */
export interface Past {
  /** @throws EmendError 'not-found' before the import */
  readonly current: Version;
  readonly isEmpty: boolean;
  /** Names of versions, and the ids they stand for. */
  readonly tags: ReadonlyMap<string, string>;
  /** @throws EmendError 'not-found' */
  find(version: string): Version;
  /** Entries in force that came after one in force. @throws EmendError 'not-found' */
  later(entry: number): number[];
}

/** What the log's row and its search take from a body. */
export interface Told {
  readonly facts?: readonly FactBrief[];
  readonly checks?: readonly CheckResult[];
  readonly method?: string;
  /** What it is about, where that is no fact: a name, a destination. */
  readonly about?: readonly string[];
  /** Further words to find it by. */
  readonly words?: readonly string[];
}

/** A kind of entry. Methods, so that all kinds can lie in one table. */
export interface KindDefinition<Body extends object = object, Input extends object = object> {
  /** All that is recorded. A field `version` names the version that the entry makes or is about, `parent` the one that it was made for. */
  readonly schema: EntriesOf<Body>;
  /** What a program gives: the same without what the ledger adds. */
  readonly input: GenericSchema<Input>;
  /** Whether its author must say why. */
  readonly needsReason: boolean;
  told(body: Body): Told;
  /** What the ledger adds to an input besides the id of the version that it makes. */
  adds?(input: Input, past: Past): Partial<Body> & Readonly<Record<string, unknown>>;
  /** Refuses what cannot follow. `made` is the version that it makes or names. @throws EmendError 'bad-input', 'not-found' */
  check?(body: Body, past: Past, seq: number, made: Version | undefined): void;
  /** Earlier entries that it refers to. */
  names?(body: Body): readonly number[];
  /** The entry whose part it takes out of the version. */
  takesOut?(body: Body): number;
  /** The name that it gives to its version. */
  tag?(body: Body): string;
}
type EntriesOf<Body> = GenericSchema<Body> & { readonly entries: Readonly<Record<string, unknown>> };

/** A kind that makes a version the current one. */
export interface VersionDefinition<Body extends object = BeginningBody, Input extends object = object> extends KindDefinition<Body, Input> {
  /** @throws EmendError where that cannot be */
  result(body: Body, past: Past, seq: number): Version;
}
export type BeginningBody = { readonly version: string };
export type StepBody = BeginningBody & { readonly parent: string; readonly changed: readonly ChangedTensor[] };

/** A kind that takes a part out of the version. */
export interface RemovalDefinition<Body extends StepBody = StepBody, Input extends object = object> extends VersionDefinition<Body, Input> {
  takesOut(body: Body): number;
}

/** A kind that adds a part to the version. How it was made is recorded in the same fields for all of them. */
export interface PartDefinition<Body extends PartBody = PartBody, Input extends object = object> extends KindDefinition<Body, Input> {
  part(body: Body): PartContent;
}
export interface PartBody extends StepBody {
  readonly method: string;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly seeds: Readonly<Record<string, number>>;
  readonly checks: readonly CheckResult[];
  readonly evidence: Readonly<Record<string, BlobRef>>;
  readonly details: Readonly<Record<string, unknown>>;
}
/** What a part does to the model. */
export interface PartContent {
  /** All of it as a hash; the version's id follows from it. */
  readonly hash: string;
  /** What is added to the weights. */
  readonly delta?: BlobRef;
  /** What steers the model while it runs. */
  readonly steering?: BlobRef;
}

/** A remark is about a version, or about an entry that made it. */
export type RemarkBody = BeginningBody & { readonly entry?: number; readonly seal?: Seal };

type Does<K extends Kind> = (typeof ENTRY_KINDS)[K] extends { readonly version: infer Role } ? Role : 'nothing';
/** What the definition of a kind must hold, by what the list of kinds says that it does. */
export type DefinitionOf<K extends Kind> = K extends PartKind
  ? PartDefinition
  : Does<K> extends 'takes out'
    ? RemovalDefinition
    : Does<K> extends 'begins'
      ? VersionDefinition
      : K extends VersionKind
        ? VersionDefinition<StepBody>
        : K extends RemarkKind
          ? KindDefinition<RemarkBody>
          : KindDefinition;
