import type { InferOutput } from 'valibot';
import type { Kind, PartKind } from '../../../shared/kinds.ts';
import * as definitions from './all.ts';
import type { DefinitionOf, KindDefinition, PartContent, PartDefinition, Told } from './definition.ts';

type Definitions = { readonly [K in Kind]: DefinitionOf<K> };

/** What each kind of entry holds and does; the compiler holds it against the list of kinds that people see. */
export const DEFINITIONS = { ...definitions } satisfies Definitions;

export type Body<K extends Kind = Kind> = InferOutput<(typeof DEFINITIONS)[K]['schema']>;
/** What a program gives: a body without what follows from the history, which the ledger adds. */
export type BodyInput<K extends Kind = Kind> = InferOutput<(typeof DEFINITIONS)[K]['input']>;

/** What a kind holds and does. */
export function definitionOf<K extends Kind>(kind: K): Definitions[K] {
  const all: Definitions = DEFINITIONS;
  return all[kind];
}

/** What the log's row and its search take from an entry. */
export function toldBy({ kind, body }: { readonly kind: Kind; readonly body: Body }): Told {
  const definition: KindDefinition = definitionOf(kind);
  return definition.told(body);
}

/** Earlier entries that an entry refers to. */
export function namedBy({ kind, body }: { readonly kind: Kind; readonly body: Body }): readonly number[] {
  const definition: KindDefinition = definitionOf(kind);
  return definition.names?.(body) ?? [];
}

/** The entry whose part an entry takes out of the version; undefined for one that takes none out. */
export function takenOutBy({ kind, body }: { readonly kind: Kind; readonly body: Body }): number | undefined {
  const definition: KindDefinition = definitionOf(kind);
  return definition.takesOut?.(body);
}

/** What the part of an entry does to the model. */
export function partOf({ kind, body }: { readonly kind: PartKind; readonly body: Body<PartKind> }): PartContent {
  const definition: PartDefinition = definitionOf(kind);
  return definition.part(body);
}
