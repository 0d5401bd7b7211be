import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmendError } from '../../shared/errors.ts';
import { given } from '../../shared/given.ts';
import { ensureFolder, removeTemporaries, writeDurably } from '../storage/durable.ts';
import { errnoOf } from '../storage/file-errors.ts';
import type { Files } from '../storage/files.ts';
import { sha256 } from '../storage/hash.ts';
import { LOCK, type Lock, lockOwner, stateOf, takeLock } from '../storage/lock.ts';

/** Whoever holds this can check a signature. */
export interface VerifyKey {
  /** SHA-256 of the public key (SPKI, DER), its first 32 hexadecimal digits. */
  readonly id: string;
  /** PEM, for exporting. */
  readonly pem: string;
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/** Signs with Ed25519. */
export interface SigningKey extends VerifyKey {
  sign(message: Uint8Array): Uint8Array;
}

export const PRIVATE_KEY_FILE = 'signing-key.pem';
export const PUBLIC_KEY_FILE = 'signing-key.public.pem';

/** A new key that is kept nowhere. */
export function generateKey(): SigningKey {
  return signingKey(generateKeyPairSync('ed25519').privateKey);
}

/** How long another program may take to make the key (ms), and how often it is looked at. */
const PATIENCE = 10_000;
const LOOK = 50;

/**
 * The signing key of a folder; made at the first call, readable by its owner only (mode 0600), the public half beside it. Of several
 * programs that begin at once one makes it, and the others take that one.
 * @param patience how long another program may take to make it, ms
 * @throws EmendError 'bad-file' when the key file is not an Ed25519 private key; it is never replaced silently. 'failed' where another
 *   program is about to make it and does not
 */
export async function loadOrCreateKey(files: Files, folder: string, patience = PATIENCE): Promise<SigningKey> {
  const path = join(folder, PRIVATE_KEY_FILE);
  const existing = await readIfThere(files, path);
  const key = existing === undefined ? await makeFirst(files, folder, path, patience) : parsePrivateKey(existing, path);
  if ((await readIfThere(files, join(folder, PUBLIC_KEY_FILE))) !== key.pem)
    await writeDurably(files, join(folder, PUBLIC_KEY_FILE), Buffer.from(key.pem));
  return key;
}

/** Makes the key of a folder under the folder's lock: a file is replaced by writing it, so only one may. */
async function makeFirst(files: Files, folder: string, path: string, patience: number): Promise<SigningKey> {
  await ensureFolder(files, folder);
  const lock = await lockPatiently(files, folder, patience);
  try {
    const meanwhile = await readIfThere(files, path);
    if (meanwhile !== undefined) {
      await files.syncFolder(folder); // whoever made it may have been stopped before this
      return parsePrivateKey(meanwhile, path);
    }
    const key = generateKey();
    await writeDurably(files, path, Buffer.from(privatePem(key)), { mode: 0o600 });
    return key;
  } finally {
    await lock.release();
  }
}

async function lockPatiently(files: Files, folder: string, patience: number): Promise<Lock> {
  for (let waited = 0; ; waited += LOOK) {
    try {
      return await takeLock(files, folder, 'Emend', new Date());
    } catch (error) {
      const isHeld = error instanceof EmendError && error.code === 'failed' && errnoOf(error) === undefined;
      if (!isHeld) throw error;
      if (waited >= patience)
        throw new EmendError(
          'failed',
          `There is no signing key in ${folder}, and another program was about to make one and did not.`,
          `Close that program and start again; when none runs any more, remove the file ${join(folder, LOCK)}.`,
          error.details,
        );
    }
    await sleep(LOOK);
  }
}

/** Public keys of earlier or other places of the same person lie here, below the key's folder, one file each. */
const TRUSTED = 'trusted';

/** Removes what programs left that were ended while they changed the keys of a folder: unfinished files, and the lock. */
export async function tidyKeys(files: Files, folder: string): Promise<void> {
  for (const place of [folder, join(folder, TRUSTED)]) if ((await files.stat(place)) !== undefined) await removeTemporaries(files, place);
  const owner = await lockOwner(files, folder);
  if (owner === undefined || (owner !== null && (await stateOf(owner)) !== 'gone')) return;
  try {
    await (await takeLock(files, folder, 'Emend', new Date())).release();
  } catch (error) {
    if (!(error instanceof EmendError)) throw error; // another program has it by now, or the disk takes nothing: it harms nobody
  }
}

/** The keys besides one's own whose signatures count. @throws EmendError 'bad-file' for a file that is no public key */
export async function trustedKeys(files: Files, folder: string): Promise<VerifyKey[]> {
  const place = join(folder, TRUSTED);
  if ((await files.stat(place)) === undefined) return [];
  const names = (await files.list(place)).filter((name) => name.endsWith('.pem')).sort();
  return Promise.all(
    names.map(async (name) => parsePublicKey(Buffer.from(await files.read(join(place, name))).toString('utf8'), join(place, name))),
  );
}

/** Lets another key's signatures count from now on. @param pem its public half @throws EmendError 'bad-file' */
export async function trustKey(files: Files, folder: string, pem: string, from: string): Promise<VerifyKey> {
  const key = parsePublicKey(pem, from);
  await ensureFolder(files, join(folder, TRUSTED));
  await writeDurably(files, join(folder, TRUSTED, `${key.id}.pem`), Buffer.from(key.pem));
  return key;
}

/** Lets the signatures of a key that was trusted count no more. @throws EmendError 'not-found' that lists those that are */
export async function distrustKey(files: Files, folder: string, id: string): Promise<VerifyKey> {
  const keys = await trustedKeys(files, folder);
  const fitting = id.length < 6 ? [] : keys.filter((key) => key.id.startsWith(id));
  const [found] = fitting;
  if (!found || fitting.length > 1)
    throw new EmendError(
      'not-found',
      `${fitting.length > 1 ? 'Several trusted keys begin' : 'No trusted key begins'} with ${JSON.stringify(id)}; there ` +
        `${keys.length === 0 ? 'is none' : `are: ${keys.map((key) => key.id).join(', ')}`}.`,
      'Give six digits of its id or more.',
    );
  // Whatever its file is called: a person may have put it there.
  const place = join(folder, TRUSTED);
  for (const name of (await files.list(place)).filter((one) => one.endsWith('.pem')))
    if (parsePublicKey(Buffer.from(await files.read(join(place, name))).toString('utf8'), name).id === found.id)
      await files.remove(join(place, name));
  await files.syncFolder(place);
  return found;
}

/**
 * Puts another key in the place of a folder's own, a new one where none is given. What the old one signed goes on counting: its public
 * half is trusted before it goes. Its private half is kept nowhere.
 */
export async function changeKey(
  files: Files,
  folder: string,
  to: SigningKey = generateKey(),
): Promise<{ readonly before: SigningKey; readonly now: SigningKey }> {
  await loadOrCreateKey(files, folder);
  const lock = await lockPatiently(files, folder, PATIENCE);
  try {
    const before = await loadOrCreateKey(files, folder);
    if (before.id === to.id) throw new EmendError('bad-input', `${to.id} is the key already.`, 'Give another one.', { key: to.id });
    await trustKey(files, folder, before.pem, PUBLIC_KEY_FILE);
    await writeDurably(files, join(folder, PRIVATE_KEY_FILE), Buffer.from(privatePem(to)), { mode: 0o600 });
    return { before, now: await loadOrCreateKey(files, folder) };
  } finally {
    await lock.release();
  }
}

/** A public key from PEM text. @param from where the text is from, for the message @throws EmendError 'bad-file' */
export function parsePublicKey(pem: string, from: string): VerifyKey {
  try {
    return verifyKey(ed25519(createPublicKey(pem)));
  } catch (error) {
    throw notAKey(from, 'public', error);
  }
}

/** Where the public half of a person's key lies. @param path of the key's file */
export function publicFileOf(path: string): string {
  return `${path.replace(/\.pem$/, '')}.public.pem`;
}

/**
 * Makes a key for a person, who keeps its file: readable by its owner only, the public half beside it. One that lies there without its
 * public half is gone on with, where it is protected as asked: its making was ended in between.
 * @param passphrase without which the file says nothing
 * @throws EmendError 'bad-input' when there is such a file
 */
export async function createKey(
  files: Files,
  path: string,
  passphrase?: string,
): Promise<{ readonly key: SigningKey; readonly publicFile: string }> {
  const publicFile = publicFileOf(path);
  const begun = await begunKey(files, path, publicFile, passphrase);
  if (begun) {
    await writeDurably(files, publicFile, Buffer.from(begun.pem));
    return { key: begun, publicFile };
  }
  for (const one of [path, publicFile])
    if ((await files.stat(one)) !== undefined)
      throw new EmendError('bad-input', `${one} is there already.`, 'Choose another name; a key is never replaced.', { path: one });
  const key = generateKey();
  await writeDurably(files, path, Buffer.from(privatePem(key, passphrase)), { mode: 0o600 });
  await writeDurably(files, publicFile, Buffer.from(key.pem));
  return { key, publicFile };
}

/** The key in a file that has no public half beside it; undefined where there is none, or it is protected otherwise than asked. */
async function begunKey(files: Files, path: string, publicFile: string, passphrase?: string): Promise<SigningKey | undefined> {
  const pem = (await files.stat(publicFile)) === undefined ? await readIfThere(files, path) : undefined;
  if (pem === undefined || isProtected(pem) !== (passphrase !== undefined)) return undefined;
  try {
    return parsePrivateKey(pem, path, passphrase);
  } catch (error) {
    if (error instanceof EmendError) return undefined; // whatever it is, it is not this one
    throw error;
  }
}

/**
 * A key that a person keeps in a file.
 * @throws EmendError 'not-found'; 'bad-file' when it is not an Ed25519 private key; 'bad-input' with `details.field` 'passphrase' where
 *   that is missing or another one
 */
export async function readSigningKey(files: Files, path: string, passphrase?: string): Promise<SigningKey> {
  return parsePrivateKey(Buffer.from(await files.read(path)).toString('utf8'), path, passphrase);
}

/** Whether the text of a private key says nothing without a passphrase. */
export function isProtected(pem: string): boolean {
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem);
}

function parsePrivateKey(pem: string, path: string, passphrase?: string): SigningKey {
  const details = { path, field: 'passphrase' };
  if (isProtected(pem) && passphrase === undefined)
    throw new EmendError('bad-input', `The key ${path} is protected by a passphrase.`, 'Give its passphrase.', details);
  try {
    return signingKey(ed25519(createPrivateKey({ key: pem, ...given({ passphrase }) })));
  } catch (error) {
    if (isProtected(pem) && passphrase !== undefined)
      throw new EmendError('bad-input', `This passphrase does not open the key ${path}.`, 'Look for capitals and blanks in it.', details);
    throw notAKey(path, 'private', error);
  }
}

const privateKeys = new WeakMap<SigningKey, KeyObject>();

function signingKey(key: KeyObject): SigningKey {
  const made: SigningKey = { ...verifyKey(createPublicKey(key)), sign: (message) => sign(null, message, key) };
  privateKeys.set(made, key);
  return made;
}

/** The private half stays out of the object that travels through the program. */
function privatePem(key: SigningKey, passphrase?: string): string {
  const protection = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return privateKeys
    .get(key)!
    .export({ type: 'pkcs8', format: 'pem', ...protection })
    .toString();
}

function verifyKey(key: KeyObject): VerifyKey {
  const id = sha256(key.export({ type: 'spki', format: 'der' })).slice(0, 32);
  return {
    id,
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
    verify: (message, signature) => verify(null, message, key, signature),
  };
}

function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`found a key of type ${key.asymmetricKeyType}`);
  return key;
}

function notAKey(path: string, half: string, error: unknown): EmendError {
  const found = error instanceof Error ? error.message : String(error);
  return new EmendError(
    'bad-file',
    `${path} is not a ${half} key: expected an Ed25519 key as PEM text (${found}).`,
    'Bring the key back from a backup. To sign with a new one, move this file away; checkpoints that the old one signed then need ' +
      'its public half.',
    { path },
  );
}

async function readIfThere(files: Files, path: string): Promise<string | undefined> {
  try {
    return Buffer.from(await files.read(path)).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
