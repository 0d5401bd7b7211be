import type { FileRecord } from '../../ledger/bodies.ts';
import { sha256 } from '../../storage/hash.ts';
import { EDIT, editPredicate } from './edit-statement.ts';
import { type ExportClaim, exportStatement } from './export-claim.ts';
import { FILES, FOLDER } from './files.ts';
import { mlBom } from './ml-bom.ts';
import { reportHtml } from './report-html.ts';
import { statement, subjectOf, type Statement } from './statement.ts';
import { TEST_RESULT, testResult } from './test-result.ts';
import type { VersionRecord } from './version-record.ts';

/** What the documents of an export follow from: nothing else goes into them, so whoever has this can make them again and compare. */
export interface DocumentInputs {
  readonly record: VersionRecord;
  /** The journal that the record was read from. */
  readonly journal: Uint8Array;
  /** The exported model's files. */
  readonly files: readonly FileRecord[];
  /** Such as folder, tensors, lora. */
  readonly format: string;
  /** Version of the application. */
  readonly app: string;
  /** When it is exported, RFC 3339. */
  readonly time: string;
  /** Who exports it. */
  readonly author: string;
  /** Id of the ledger's key. */
  readonly key: string;
  /** How it left; exports of earlier builds do not say. */
  readonly claim?: ExportClaim | undefined;
}

/** The documents of an export, unsigned. */
export interface Documents {
  /** The bill of materials and the report, by their names in the subfolder. */
  readonly texts: ReadonlyMap<string, string>;
  /** What is signed about the exported files, by the same; a version without changes or checks has none. */
  readonly statements: ReadonlyMap<string, Statement>;
}

/** Makes the documents of an export. The same inputs give the same bytes. */
export function documentsOf(inputs: DocumentInputs): Documents {
  const { record, journal, files, format, app, time, author, key, claim } = inputs;
  const subject = files.map(subjectOf);
  const ofVersion = record.measured.filter((one) => one.ofVersion);
  const about = { record, files, format, app, time, author, claim };
  const ledger = { name: `${FOLDER}/${FILES.ledger}`, digest: { sha256: sha256(journal) } };
  return {
    texts: new Map([
      [FILES.bom, `${JSON.stringify(mlBom(about), null, 2)}\n`],
      [FILES.report, reportHtml({ ...about, key })],
    ]),
    statements: new Map([
      ...(ofVersion.length > 0 ? [[FILES.checks, statement(subject, TEST_RESULT, testResult(ofVersion, [ledger]))] as const] : []),
      ...(record.parts.length > 0 ? [[FILES.edit, statement(subject, EDIT, editPredicate(record))] as const] : []),
      ...(claim ? [[FILES.export, exportStatement(subject, claim)] as const] : []),
    ]),
  };
}
