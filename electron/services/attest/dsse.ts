import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { canonical } from '../../storage/canonical.ts';
import type { SigningKey, VerifyKey } from '../../ledger/keys.ts';

/** Base64 that is the one text for its bytes: in others a character could change unseen. */
const Base64 = v.pipe(
  v.string(),
  v.check((text) => Buffer.from(text, 'base64').toString('base64') === text, 'expected base64'),
);

/** A DSSE envelope (secure-systems-lab/dsse, protocol 1.0.2): a body, what it is, and who signed it. */
export const EnvelopeSchema = v.strictObject({
  payload: Base64,
  payloadType: v.string(),
  signatures: v.pipe(v.array(v.strictObject({ keyid: v.string(), sig: Base64 })), v.length(1, 'expected one signature')),
});
export type Envelope = v.InferOutput<typeof EnvelopeSchema>;

/** The bytes that are signed. Lengths go before the parts, so that no two envelopes give the same bytes. */
export function preAuthEncoding(type: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `), body]);
}

/** Signs a body. With an Ed25519 key the same body gives the same envelope. */
export function signEnvelope(key: SigningKey, type: string, body: Uint8Array): Envelope {
  const sig = key.sign(preAuthEncoding(type, body));
  return { payload: base64(body), payloadType: type, signatures: [{ keyid: key.id, sig: base64(sig) }] };
}

/**
 * The body of an envelope, after its signature was found to fit.
 * @param from where the envelope is from, for the message
 * @throws EmendError 'bad-file' when it is of another type, signed with another key, or its signature does not fit
 */
export function openEnvelope(envelope: Envelope, key: VerifyKey, type: string, from: string): Uint8Array {
  const { keyid, sig } = envelope.signatures[0]!;
  const bad = (what: string, hint = 'Get the folder anew from whoever made it.') =>
    new EmendError('bad-file', `${from} ${what}.`, hint, { from });
  if (envelope.payloadType !== type) throw bad(`holds ${envelope.payloadType.slice(0, 80)} where ${type} was expected`);
  if (keyid !== key.id)
    throw bad(`was signed with key ${keyid.slice(0, 80)}, not with ${key.id}`, 'Give the public key of whoever made it.');
  const body = Buffer.from(envelope.payload, 'base64');
  if (!key.verify(preAuthEncoding(type, body), Buffer.from(sig, 'base64')))
    throw bad('was changed after it was signed: its signature does not fit its content');
  return body;
}

/** An envelope as a line of text, without the line end. */
export function envelopeLine(envelope: Envelope): string {
  return canonical(envelope);
}

/** Reads an envelope. @param from where the text is from, for the message @throws EmendError 'bad-file' */
export function parseEnvelope(text: string, from: string): Envelope {
  return parseJson(EnvelopeSchema, text, from);
}

/** Reads JSON of a shape. @param from where the text is from, for the message @throws EmendError 'bad-file' */
export function parseJson<T>(schema: v.GenericSchema<unknown, T>, text: string, from: string): T {
  const bad = (found: string) =>
    new EmendError('bad-file', `${from} cannot be read: ${found}.`, 'Get the folder anew from whoever made it.', { from });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw bad(`${v.getDotPath(result.issues[0]) ?? 'the whole'}: ${result.issues[0].message}`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
