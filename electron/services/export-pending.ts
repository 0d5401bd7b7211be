import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { SigningKey } from '../ledger/keys.ts';
import type { BodyInput } from '../ledger/kinds/index.ts';
import { exportKind } from '../ledger/kinds/export.ts';
import type { By, Ledger } from '../ledger/ledger.ts';
import { canonical } from '../storage/canonical.ts';
import { writeDurably } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { Sha256Schema, sha256 } from '../storage/hash.ts';
import { SIGNATURE_FILE } from './attest/model-signing.ts';
import type { ModelPlaces } from './places.ts';

/** An export that is about to be put in its place and recorded. */
const PendingSchema = v.strictObject({
  /** The folder that it is put at. */
  target: v.string(),
  /** SHA-256 of its model.sig, by which it is known. */
  signature: Sha256Schema,
  /** The last entry before it. */
  after: v.number(),
  author: v.string(),
  reason: v.string(),
  body: exportKind.input,
});
type Pending = v.InferOutput<typeof PendingSchema>;
const FileSchema = v.strictObject({ pending: PendingSchema, key: v.string(), seal: v.string() });
/** Keeps a signature from meaning anything else that is signed with the same key. */
const PURPOSE = 'emend export under way 1\n';

/**
 * Notes that an export is about to be put in its place: where the program is ended between that and its entry, the next opening makes the
 * entry. Sealed, so that nobody else's note becomes one.
 */
export async function notePending(
  places: ModelPlaces,
  key: SigningKey,
  { target, staged, after, by, body }: { target: string; staged: string; after: number; by: By; body: BodyInput<'export'> },
): Promise<void> {
  const signature = sha256(await readFile(join(staged, SIGNATURE_FILE)));
  const pending = v.parse(PendingSchema, { target, signature, after, author: by.author, reason: by.reason, body });
  const seal = Buffer.from(key.sign(sealed(pending))).toString('base64');
  await writeDurably(explained(disk), places.pendingExport, Buffer.from(`${canonical({ pending, key: key.id, seal })}\n`));
}

/** The export is in its place and recorded, or was taken back. */
export async function forgetPending(places: ModelPlaces): Promise<void> {
  await rm(places.pendingExport, { force: true }).catch(() => undefined); // the next opening clears it away
}

/**
 * Makes the entry of an export that lies in its place and has none, and forgets any note.
 * @param ledger open for writing
 */
export async function finishPending(places: ModelPlaces, ledger: Ledger, key: SigningKey | undefined): Promise<void> {
  if (!existsSync(places.pendingExport)) return;
  const pending = await readPending(places, key);
  if (pending && ledger.head.seq === pending.after && (await isThere(pending))) {
    const { body, author, reason } = pending;
    const details = {
      ...body.details,
      finished: 'when the model was opened next: the program was ended after the export was in its place',
    };
    await ledger.append('export', { ...body, details }, { author, reason });
  }
  await forgetPending(places);
}

async function readPending(places: ModelPlaces, key: SigningKey | undefined): Promise<Pending | undefined> {
  const text = await readFile(places.pendingExport, 'utf8');
  const file = v.safeParse(v.pipe(v.string(), v.parseJson(), FileSchema), text);
  if (!file.success || key?.id !== file.output.key) return undefined;
  const { pending, seal } = file.output;
  return key.verify(sealed(pending), Buffer.from(seal, 'base64')) ? pending : undefined;
}

async function isThere({ target, signature }: Pending): Promise<boolean> {
  const found = await readFile(join(target, SIGNATURE_FILE)).catch(() => undefined); // then it was never put there
  return found !== undefined && sha256(found) === signature;
}

function sealed(pending: Pending): Uint8Array {
  return Buffer.from(PURPOSE + canonical(pending), 'utf8');
}
