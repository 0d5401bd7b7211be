import type { InferOutput } from 'valibot';
import type { Kind, PartKind } from '../../../shared/kinds.ts';
import { approveKind } from './approve.ts';
import { checkKind } from './check.ts';
import type { DefinitionOf, KindDefinition, PartContent, PartDefinition, Told } from './definition.ts';
import { editKind } from './edit.ts';
import { exportKind } from './export.ts';
import { importKind } from './import.ts';
import { noteKind } from './note.ts';
import { rejectKind } from './reject.ts';
import { revertKind } from './revert.ts';
import { rollbackKind } from './rollback.ts';
import { tagKind } from './tag.ts';
import { verifyKind } from './verify.ts';

type Definitions = { readonly [K in Kind]: DefinitionOf<K> };

/** What each kind of entry holds and does; the compiler holds it against the list of kinds that people see. */
export const DEFINITIONS = {
  import: importKind,
  edit: editKind,
  check: checkKind,
  tag: tagKind,
  note: noteKind,
  approve: approveKind,
  reject: rejectKind,
  rollback: rollbackKind,
  revert: revertKind,
  export: exportKind,
  verify: verifyKind,
} as const satisfies Definitions;

export type Body<K extends Kind = Kind> = InferOutput<(typeof DEFINITIONS)[K]['schema']>;
/** What a program gives: a body without what follows from the history, which the ledger adds. */
export type BodyInput<K extends Kind = Kind> = InferOutput<(typeof DEFINITIONS)[K]['input']>;

/** What a kind holds and does. */
export function definitionOf<K extends Kind>(kind: K): Definitions[K] {
  const definitions: Definitions = DEFINITIONS;
  return definitions[kind];
}

/** What the log's row and its search take from an entry. */
export function toldBy({ kind, body }: { readonly kind: Kind; readonly body: Body }): Told {
  const definition: KindDefinition = definitionOf(kind);
  return definition.told(body);
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
