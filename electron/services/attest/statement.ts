import * as v from 'valibot';
import { canonical } from '../../storage/canonical.ts';
import { Sha256Schema } from '../../storage/hash.ts';
import type { SigningKey, VerifyKey } from '../../ledger/keys.ts';
import { type Envelope, openEnvelope, parseJson, signEnvelope } from './dsse.ts';

/** Media type of a statement inside an envelope. */
export const IN_TOTO = 'application/vnd.in-toto+json';

/** A file, or a set of them, that a statement is about. */
const SubjectSchema = v.strictObject({ name: v.string(), digest: v.strictObject({ sha256: Sha256Schema }) });
export type Subject = v.InferOutput<typeof SubjectSchema>;

/** An in-toto Statement v1: something claimed about subjects. */
export const StatementSchema = v.strictObject({
  _type: v.literal('https://in-toto.io/Statement/v1'),
  subject: v.pipe(v.array(SubjectSchema), v.minLength(1)),
  predicateType: v.string(),
  predicate: v.record(v.string(), v.unknown()),
});
export type Statement = v.InferOutput<typeof StatementSchema>;

/** Something that a statement refers to: by its hash, or with its content in base64. */
export interface ResourceDescriptor {
  readonly name: string;
  readonly digest?: { readonly sha256: string };
  readonly content?: string;
  readonly mediaType?: string;
}

/** The statement that a predicate holds for subjects. */
export function statement(subject: readonly Subject[], predicateType: string, predicate: object): Statement {
  return { _type: 'https://in-toto.io/Statement/v1', subject: [...subject], predicateType, predicate: { ...predicate } };
}

/** Signs a statement. */
export function signStatement(key: SigningKey, claim: Statement): Envelope {
  return signEnvelope(key, IN_TOTO, Buffer.from(canonical(claim), 'utf8'));
}

/** What an envelope states, after its signature was found to fit. @param from for the message @throws EmendError 'bad-file' */
export function openStatement(envelope: Envelope, key: VerifyKey, from: string): Statement {
  return parseJson(StatementSchema, Buffer.from(openEnvelope(envelope, key, IN_TOTO, from)).toString('utf8'), from);
}

/** A file as a subject. */
export function subjectOf(file: { readonly path: string; readonly sha256: string }): Subject {
  return { name: file.path, digest: { sha256: file.sha256 } };
}
