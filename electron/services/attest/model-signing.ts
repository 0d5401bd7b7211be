import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { canonical } from '../../storage/canonical.ts';
import { sha256, Sha256Schema } from '../../storage/hash.ts';
import type { SigningKey, VerifyKey } from '../../ledger/keys.ts';
import { EnvelopeSchema, parseJson } from './dsse.ts';
import { openStatement, signStatement, statement } from './statement.ts';

/**
 * OpenSSF Model Signing 1.0: a detached signature over every file of a folder. A sigstore bundle (v0.3) holds a DSSE envelope, which holds
 * an in-toto statement. Its subject is the folder, with the SHA-256 over all file digests (their bytes, not their hexadecimal text)
 * in the order of the list; the list itself is in the predicate, sorted by path, part by part.
 */
export const SIGNATURE_FILE = 'model.sig';
const PREDICATE = 'https://model_signing/signature/v1.0';
/** What the published tool leaves out unless told otherwise; each path with all below it. Signing more would make it see a mismatch. */
const IGNORED = [SIGNATURE_FILE, '.git', '.gitattributes', '.github', '.gitignore'];

const BundleSchema = v.strictObject({
  mediaType: v.literal('application/vnd.dev.sigstore.bundle.v0.3+json'),
  /** The hint is the SHA-256 of the public key's PEM text. Nothing is in a transparency log: this works offline. */
  verificationMaterial: v.strictObject({ publicKey: v.strictObject({ hint: v.string() }), tlogEntries: v.tuple([]) }),
  dsseEnvelope: EnvelopeSchema,
});

const PredicateSchema = v.strictObject({
  serialization: v.strictObject({
    method: v.literal('files'),
    hash_type: v.literal('sha256'),
    allow_symlinks: v.literal(false),
    ignore_paths: v.array(v.string()),
  }),
  resources: v.array(v.strictObject({ name: v.string(), algorithm: v.literal('sha256'), digest: Sha256Schema })),
});

/** A file as the signature lists it: path relative to the folder with forward slashes, SHA-256 in hexadecimal. */
export interface SignedFile {
  readonly path: string;
  readonly sha256: string;
}

/**
 * The text of model.sig for a folder's files. ECDSA draws a random number, so every call gives another text.
 * @param key an elliptic-curve key; the published verifier takes no other
 * @param name the folder's name; informative
 */
export function signModel(key: SigningKey, name: string, files: readonly SignedFile[]): string {
  const resources = files
    .filter((file) => !isIgnored(file.path))
    .sort((a, b) => comparePaths(a.path, b.path))
    .map(({ path, sha256 }) => ({ name: path, algorithm: 'sha256', digest: sha256 }));
  const serialization = { method: 'files', hash_type: 'sha256', allow_symlinks: false, ignore_paths: IGNORED };
  const claim = statement([{ name, digest: { sha256: rootDigest(resources.map((one) => one.digest)) } }], PREDICATE, {
    serialization,
    resources,
  });
  return bundleText({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: key.id }, tlogEntries: [] },
    dsseEnvelope: signStatement(key, claim),
  });
}

/**
 * The files that a model.sig lists, after its signature was found to fit. Only the text that {@link signModel} writes is taken, so that no
 * byte
 * of it can change unseen.
 * @throws EmendError 'bad-file'
 */
export function openModelSignature(text: string, key: VerifyKey): readonly SignedFile[] {
  const bad = (what: string) => new EmendError('bad-file', `${SIGNATURE_FILE} ${what}.`, 'Get the folder anew from whoever made it.');
  const bundle = parseJson(BundleSchema, text, SIGNATURE_FILE);
  if (bundleText(bundle) !== text) throw bad('was changed: it is not written as Emend writes it');
  if (bundle.verificationMaterial.publicKey.hint !== key.id) throw bad('was made with another key than its public key');
  const { subject, predicateType, predicate } = openStatement(bundle.dsseEnvelope, key, SIGNATURE_FILE);
  if (predicateType !== PREDICATE) throw bad(`is a statement of type ${predicateType.slice(0, 80)}, not a model signature`);
  const { resources } = parseJson(PredicateSchema, JSON.stringify(predicate), SIGNATURE_FILE);
  if (subject.length !== 1 || subject[0]!.digest.sha256 !== rootDigest(resources.map((one) => one.digest)))
    throw bad('contradicts itself: its digest is not that of its list of files');
  return resources.map(({ name, digest }) => ({ path: name, sha256: digest }));
}

/** Whether a model signature leaves a file out. */
export function isIgnored(path: string): boolean {
  return IGNORED.some((ignored) => path === ignored || path.startsWith(`${ignored}/`));
}

/** Paths in the order of their parts, by code point, as the published tool sorts them. */
function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = Buffer.compare(Buffer.from(left[at]!), Buffer.from(right[at]!)); // UTF-8 sorts as code points do, UTF-16 does not
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function rootDigest(digests: readonly string[]): string {
  return sha256(Buffer.from(digests.join(''), 'hex'));
}

function bundleText(bundle: v.InferOutput<typeof BundleSchema>): string {
  return `${canonical(bundle)}\n`;
}
