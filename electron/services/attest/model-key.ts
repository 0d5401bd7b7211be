import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { ensureFolder, writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import type { Files } from '../../storage/files.ts';
import { sha256 } from '../../storage/hash.ts';
import type { SigningKey, VerifyKey } from '../../ledger/keys.ts';
import type { Envelope } from './dsse.ts';
import { openStatement, signStatement, statement } from './statement.ts';

/**
 * A second key, for model.sig alone: OpenSSF Model Signing's own verifier takes elliptic-curve keys (NIST P-256, P-384, P-521)
 * and refuses Ed25519. It is P-256 here. The ledger's key vouches for it, so whoever trusts that key need not know this one.
 */
export const MODEL_KEY_FILE = 'model-key.pem';
const VOUCHER = 'urn:emend:model-key:v1';

/** A new model key, and its private half as PEM. */
export function generateModelKey(): { readonly key: SigningKey; readonly privatePem: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { key: signingKey(privateKey), privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/**
 * The model key of a folder; made at the first call, readable by its owner only.
 * @throws EmendError 'bad-file' when the file holds anything else; it is never replaced silently
 */
export async function loadOrCreateModelKey(files: Files, folder: string): Promise<SigningKey> {
  const io = explained(files);
  const path = join(folder, MODEL_KEY_FILE);
  if ((await io.stat(path)) !== undefined) {
    const pem = Buffer.from(await io.read(path)).toString('utf8');
    return parsed(path, 'private', () => signingKey(p256(createPrivateKey(pem))));
  }
  const { key, privatePem } = generateModelKey();
  await ensureFolder(io, folder);
  await writeDurably(io, path, Buffer.from(privatePem), { mode: 0o600 });
  return key;
}

/** A model key's public half from PEM text. @param from where the text is from, for the message @throws EmendError 'bad-file' */
export function parseModelKey(pem: string, from: string): VerifyKey {
  return parsed(from, 'public', () => verifyKey(p256(createPublicKey(pem))));
}

/** The ledger key's signed word that a model key belongs to the same person. */
export function vouchFor(modelKey: VerifyKey, key: SigningKey): Envelope {
  return signStatement(
    key,
    statement([{ name: MODEL_KEY_FILE, digest: { sha256: sha256(modelKey.pem) } }], VOUCHER, { signs: 'model.sig', key: key.id }),
  );
}

/**
 * Whether an envelope vouches for exactly these bytes of a model key.
 * @param from, keyFrom where both are from, for the message
 * @throws EmendError 'bad-file' when not
 */
export function checkVoucher(envelope: Envelope, modelKey: Uint8Array, key: VerifyKey, from: string, keyFrom: string): void {
  const claim = openStatement(envelope, key, from);
  if (claim.predicateType === VOUCHER && claim.subject.some((subject) => subject.digest.sha256 === sha256(modelKey))) return;
  throw new EmendError(
    'bad-file',
    `${from} vouches for another key than the one in ${keyFrom}.`,
    'Get the folder anew from whoever made it.',
    { from },
  );
}

/** Its id is what Model Signing gives as the key's hint: the SHA-256 of its PEM text. Signatures are ECDSA with SHA-256, in DER. */
function verifyKey(key: KeyObject): VerifyKey {
  const pem = key.export({ type: 'spki', format: 'pem' }).toString();
  return { id: sha256(pem), pem, verify: (message, signature) => verify('sha256', message, key, signature) };
}

function signingKey(key: KeyObject): SigningKey {
  return { ...verifyKey(createPublicKey(key)), sign: (message) => sign('sha256', message, key) };
}

function p256(key: KeyObject): KeyObject {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType !== 'ec' || curve !== 'prime256v1') throw new Error(`found ${key.asymmetricKeyType} ${curve ?? ''}`.trim());
  return key;
}

function parsed<T>(from: string, half: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new EmendError(
      'bad-file',
      `${from} is not a ${half} model key: expected a P-256 key as PEM text (${found}).`,
      'Bring it back from a backup, or move it away to sign with a new one.',
      { from },
    );
  }
}
