import type { Exported } from '../../shared/contract/exports.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Proof, Verdict } from '../../shared/verdict.ts';
import { disk } from '../storage/files.ts';
import { hashFiles, listFolder } from '../storage/folders.ts';
import { parsePublicKey, type VerifyKey } from '../ledger/keys.ts';
import type { Steps } from '../../shared/progress.ts';
import { FILES } from './attest/files.ts';
import { Looking, type VerifiedItem } from './export-looking.ts';
import { aboutOf, compareClaim, compareDocuments, compareWithRecord, saidIn } from './export-said.ts';

/** What verifying an export found. */
export interface ExportVerification {
  /** Nothing is wrong. When the key is the folder's own, that proves only that the folder agrees with itself. */
  readonly ok: boolean;
  readonly verdict: Verdict;
  /** What it says that it is; undefined where its record cannot be read. */
  readonly about: Exported | undefined;
  /** Whether the key was given from elsewhere, or taken from the folder that it should prove. */
  readonly key: { readonly id: string | undefined; readonly from: 'given' | 'folder' };
  readonly items: readonly VerifiedItem[];
  /** Number and hash of the record's last entry, to compare with one known from elsewhere. */
  readonly head: { readonly seq: number; readonly hash: string } | undefined;
}

export interface VerifyExportOptions {
  /** PEM text of the Ed25519 key of whoever made the export, had from them. */
  readonly publicKey?: string;
  readonly report?: Steps;
}

/**
 * Verifies an export by nothing but its folder and a public key: the signature, every file, the record and its end, the statements.
 * Changes nothing.
 * @throws EmendError 'not-found' when there is no such folder, 'bad-file' for a public key that is none; what is wrong with the export is
 *   in the result
 */
export async function verifyExport(folder: string, options: VerifyExportOptions = {}): Promise<ExportVerification> {
  const given = options.publicKey === undefined ? undefined : parsePublicKey(options.publicKey, 'The public key');
  const content = await listFolder(folder, { links: 'apart' }).catch((error: NodeJS.ErrnoException) => {
    throw new EmendError(
      'not-found',
      `The folder ${folder} cannot be read (${error.code ?? error.message}).`,
      'Choose the folder of an exported model.',
      { folder },
    );
  });
  const found = await hashFiles(disk, folder, content.files, options.report);
  const looking = new Looking(folder, found);
  for (const path of content.others) looking.problem('file', path, `${path} is a link or no plain file; an export holds none.`);
  const key = given ?? (await looking.own());
  looking.keySource(given);
  const signed = key && (await looking.signature(key));
  if (signed) await looking.files(signed);
  const record = key && (await looking.ledger(key));
  const head = record?.head;
  if (key) {
    await looking.statements('checks', FILES.checks, key);
    await looking.statements('edit', FILES.edit, key);
    await looking.statements('export', FILES.export, key);
  }
  await looking.bom(head?.hash);
  const said = record && (await saidIn(looking, record.bytes, key && (await looking.claim(key))));
  if (said && record) compareClaim(looking, said, record.bytes);
  const unchecked = said ? await compareWithRecord(looking, said, options.report) : [];
  if (said && key && record) await compareDocuments(looking, said, record.bytes, key);
  const problems = looking.items.filter((item) => item.state === 'problem').length;
  return {
    ok: problems === 0,
    verdict: { ...provenBy(given, head?.seq, record?.signed), entries: head?.seq ?? 0, problems, unchecked: [...unchecked] },
    about: said && aboutOf(said),
    key: { id: key?.id, from: given ? 'given' : 'folder' },
    items: looking.items,
    head,
  };
}

const UNPROVEN = 'who made it is unproven, since the key was taken from the folder itself; get the public key from its maker';

/** Only a key from elsewhere proves: whoever changed the folder could have changed the key in it too. */
function provenBy(given: VerifyKey | undefined, end: number | undefined, time: string | undefined): Proof {
  if (!given) return { upTo: 0, end: false, why: UNPROVEN };
  if (end === undefined || time === undefined) return { upTo: 0, end: false };
  return { upTo: end, by: { what: 'key', key: given.id, time }, end: true };
}
