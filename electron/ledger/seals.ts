import * as v from 'valibot';
import { canonical } from '../storage/canonical.ts';
import { Sha256Schema } from '../storage/hash.ts';
import { Sequence, Text } from './bodies.ts';
import { parsePublicKey, type SigningKey, type VerifyKey } from './keys.ts';

/** A person's signature on a remark, by a key of their own. */
export const SealSchema = v.strictObject({
  /** The public key, PEM. */
  key: Text,
  /** The record's end that the person had before them, so that the same words count once. */
  upTo: v.strictObject({ seq: Sequence, head: Sha256Schema }),
  signature: Text,
});
export type Seal = v.InferOutput<typeof SealSchema>;

/** What is signed of a remark: who says what of which version. */
export interface Said {
  readonly kind: string;
  readonly author: string;
  readonly reason: string;
  readonly version: string;
  readonly entry?: number | undefined;
}

/** Keeps a signature from meaning anything else that is signed with the same key. */
const PURPOSE = 'emend remark 1\n';

/** Signs a remark. @param upTo the record's end */
export function sealRemark(key: SigningKey, said: Said, upTo: Seal['upTo']): Seal {
  return { key: key.pem, upTo: { ...upTo }, signature: Buffer.from(key.sign(bytesOf(said, upTo))).toString('base64') };
}

/** The key that a remark was signed with; undefined where the signature does not fit. */
export function sealerOf(said: Said, { key: pem, upTo, signature }: Seal): VerifyKey | undefined {
  try {
    const key = parsePublicKey(pem, 'The key of the remark');
    const bytes = Buffer.from(signature, 'base64');
    // One text for each: no byte of the seal can change unnoticed.
    const isPlain = key.pem === pem && bytes.toString('base64') === signature;
    return isPlain && key.verify(bytesOf(said, upTo), bytes) ? key : undefined;
  } catch {
    return undefined; // what is no key signs nothing
  }
}

/** Id of the key that a seal says it is by, whether or not the signature fits; undefined for what is no key. */
export function keyOf({ key }: Seal): string | undefined {
  try {
    return parsePublicKey(key, 'The key of the remark').id;
  } catch {
    return undefined;
  }
}

function bytesOf({ kind, author, reason, version, entry }: Said, upTo: Seal['upTo']): Uint8Array {
  return Buffer.from(PURPOSE + canonical({ kind, author, reason, version, entry: entry ?? 0, upTo }), 'utf8');
}
