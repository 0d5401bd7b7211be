import * as v from 'valibot';
import { AskedSchema, LetOutSchema } from '../../../shared/policy.ts';
import { Sha256Schema } from '../../storage/hash.ts';
import { type Statement, statement, type Subject } from './statement.ts';

/** Our own predicate: how a version left, which the record in the export cannot tell, since it ends before. */
export const EXPORT = 'urn:emend:export:v1';

/** How a version left. The entry of the export says the same. */
export const ExportClaimSchema = v.strictObject({
  /** Names the act, here and in the entry of the export. */
  act: v.string(),
  version: v.string(),
  format: v.string(),
  /** The record's end when it was let out. */
  ledger: v.strictObject({ entries: v.number(), head: Sha256Schema }),
  /** What the policy asked for, and what answered it. */
  asked: AskedSchema,
  letOut: LetOutSchema,
  /** Entries of rejections that it was exported in spite of. */
  despite: v.exactOptional(v.array(v.number())),
  /** Other graphs of the model that went along and do not hold the change. */
  others: v.exactOptional(v.array(v.string())),
  /** Files of the import that were left out by choice: other graphs, and the weights that those alone have. */
  leftOut: v.exactOptional(v.array(v.string())),
  /** How its steering went in, and how far the result was found from the model that is steered while it runs. */
  steering: v.exactOptional(v.record(v.string(), v.unknown())),
});
export type ExportClaim = v.InferOutput<typeof ExportClaimSchema>;

/** The claim as a statement about the exported files. */
export function exportStatement(subject: readonly Subject[], claim: ExportClaim): Statement {
  return statement(subject, EXPORT, claim);
}
