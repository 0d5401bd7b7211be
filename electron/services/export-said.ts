import { readFile } from 'node:fs/promises';
import { ExportFormatSchema, type Exported } from '../../shared/contract/exports.ts';
import { EmendError } from '../../shared/errors.ts';
import { askedWords, countedIn, letOutWords, settingsOf } from '../../shared/policy.ts';
import type { Steps } from '../../shared/progress.ts';
import { rejectionsOf } from '../../shared/reviews.ts';
import { examine } from '../ledger/examine.ts';
import type { VerifyKey } from '../ledger/keys.ts';
import { partOf } from '../ledger/kinds/index.ts';
import { canonical } from '../storage/canonical.ts';
import { documentsOf } from './attest/documents.ts';
import { parseEnvelope } from './attest/dsse.ts';
import { FILES } from './attest/files.ts';
import { openStatement } from './attest/statement.ts';
import { versionRecord, type VersionRecord } from './attest/version-record.ts';
import { compareContents } from './contents/index.ts';
import { askedIn, exportHindrances, letOut, reviewed } from './policy.ts';
import { type Claimed, inside, type Looking } from './export-looking.ts';
import { readLayout } from './layout.ts';
import { version as appVersion } from './models.ts';

/** What an export says that it is: the record's words on its version, and how it was written. */
export interface Said {
  readonly record: VersionRecord;
  readonly format: string | undefined;
  readonly time: string | undefined;
  readonly author: string | undefined;
  readonly app: string | undefined;
  /** How it left, as it was signed. */
  readonly claimed: Claimed | undefined;
}

/** What the record in an export says of the version that was exported; undefined where that cannot be told. */
export async function saidIn(looking: Looking, journal: Uint8Array, claimed: Claimed | undefined): Promise<Said | undefined> {
  const metadata = (await looking.readBom())?.metadata;
  const told = new Map(metadata?.component.properties.map(({ name, value }) => [name, value]));
  const version = told.get('emend:version');
  if (version === undefined) return undefined;
  try {
    return {
      record: versionRecord(journal, version),
      format: told.get('emend:format'),
      time: metadata?.timestamp,
      author: metadata?.authors?.[0]?.name,
      app: metadata?.tools?.components[0]?.version,
      claimed,
    };
  } catch (error) {
    if (error instanceof EmendError) return undefined; // what is wrong with the record is told already
    throw error;
  }
}

/** The same for people. */
export function aboutOf({ record, format, time, author }: Said): Exported {
  const { name, id } = record.imported.body.model;
  return {
    model: name,
    modelId: id,
    version: record.version.id,
    tags: [...record.tags],
    edits: record.parts.filter(({ kind }) => kind === 'edit').length,
    steerings: record.parts.filter(({ kind }) => kind === 'steer').length,
    ...(format === undefined ? {} : { format }),
    ...(time === undefined ? {} : { time }),
    ...(author === undefined ? {} : { author }),
    entries: record.head.seq,
  };
}

/** Holds the exported files against the record: those that no edit touched, and what the edits made. @returns what could not be compared */
export async function compareWithRecord(
  looking: Looking,
  { record, format, claimed }: Said,
  report: Steps | undefined,
): Promise<readonly string[]> {
  const path = inside(FILES.ledger);
  const known = ExportFormatSchema.options.find((one) => one === format);
  if (known === undefined) return [`The form of the export, ${format ?? 'which is not told'}, is not one that this release knows.`];
  const changes = record.parts.flatMap((part) => partOf(part).delta ?? []);
  const deltas = changes.map((delta) => looking.blob(delta)).filter((blob) => blob !== undefined);
  const layout = record.layout && looking.blob(record.layout);
  const { problems, unchecked, told } = await compareContents(known, {
    folder: looking.folder,
    files: looking.exported,
    record,
    layout: async () => (layout === undefined ? undefined : readLayout(await readFile(layout))),
    deltas: deltas.length === changes.length ? deltas : undefined,
    written: claimed?.files,
    leftOut: claimed?.claim.leftOut ?? [],
    check: () => report?.check(),
  });
  for (const { path: file, message } of problems) looking.problem('content', file === '' ? path : file, message);
  for (const message of unchecked) looking.unsure('content', path, message);
  if (problems.length === 0 && unchecked.length === 0)
    looking.good('content', path, told ?? 'Every file is what the import and the edits say.');
  return unchecked;
}

/** Holds how the version is said to have left against the record: the policy, and what answered it. */
export function compareClaim(looking: Looking, { record, format, author, claimed }: Said, journal: Uint8Array): void {
  if (!claimed) return;
  const { claim } = claimed;
  const path = inside(FILES.export);
  const { entries, history } = examine(journal);
  const settings = settingsOf(claim.asked);
  const version = reviewed({ entries, history }, record.version);
  const hindrances = author === undefined ? [] : exportHindrances(version, settings, author, countedIn(claim.letOut));
  const pairs: readonly (readonly [what: string, one: unknown, other: unknown])[] = [
    ['version', claim.version, record.version.id],
    ['form', claim.format, format ?? ''],
    ['end of the record', claim.ledger, { entries: record.head.seq, head: record.head.hash }],
    ['policy', claim.asked, askedIn({ entries })],
    ['what let it out', claim.letOut, letOut(version, settings, countedIn(claim.letOut))],
    ['what the policy still asks for', [], hindrances],
    ['rejections that were known', claim.despite ?? [], rejectionsOf(history.reviews(record.version.id)).map(({ entry }) => entry)],
  ];
  const wrong = pairs.filter(([, one, other]) => canonical(one) !== canonical(other));
  for (const [what, one, other] of wrong)
    looking.problem('export', path, `${path} says of the ${what}: ${canonical(one)}; the record says: ${canonical(other)}.`);
  if (wrong.length === 0)
    looking.good(
      'export',
      path,
      `The policy asked for: ${askedWords(claim.asked).join('; ')}. It was let out by: ${letOutWords(claim.letOut).join('; ')}.`,
    );
}

/** Makes the documents again from the record, and compares: nothing in them may come from anywhere else. */
export async function compareDocuments(looking: Looking, said: Said, journal: Uint8Array, key: VerifyKey): Promise<void> {
  const { record, format, time, author, app, claimed } = said;
  // Files that differ make them differ, which was told. Another release may put the same into other words.
  if (looking.items.some(({ state }) => state === 'problem')) return;
  if (app !== appVersion() || format === undefined || time === undefined || author === undefined) return;
  const made = documentsOf({ record, journal, files: looking.exported, format, app, time, author, key: key.id, claim: claimed?.claim });
  const compare = (name: string, isSame: (text: string) => boolean) =>
    looking.attempt('document', inside(name), async () => {
      if (!isSame(await looking.text(inside(name)))) throw new EmendError('bad-file', `${inside(name)} does not say what the record says.`);
    });
  for (const [name, text] of made.texts) await compare(name, (there) => there === text);
  for (const [name, claim] of made.statements)
    await compare(name, (there) => {
      const from = inside(name);
      return canonical(openStatement(parseEnvelope(there.trimEnd(), from), key, from)) === canonical(claim);
    });
}
