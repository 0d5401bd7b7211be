import type { ResourceDescriptor } from './statement.ts';
import type { VersionRecord } from './version-record.ts';

/** Our own predicate: no published one says what was changed inside a model's weights. */
export const EDIT = 'urn:emend:edit:v1';

/** What was done to the base model, as a predicate: one part an entry in force, in the order in which they are applied. */
export interface EditPredicate {
  readonly version: string;
  readonly baseModel: { readonly name: string; readonly id: string; readonly files: readonly ResourceDescriptor[] };
  readonly parts: readonly object[];
  readonly ledger: { readonly entries: number; readonly head: string };
}

/** The predicate of a version. */
export function editPredicate({ version, imported, parts, head }: VersionRecord): EditPredicate {
  const { model } = imported.body;
  return {
    version: version.id,
    baseModel: { name: model.name, id: model.id, files: model.files.map(({ path, sha256 }) => ({ name: path, digest: { sha256 } })) },
    parts: parts.map(({ seq, hash, kind, time, author, reason, app, engine, body }) => ({
      entry: seq,
      hash,
      kind,
      time,
      author,
      reason,
      app,
      engine,
      ...body,
    })),
    ledger: { entries: head.seq, head: head.hash },
  };
}
