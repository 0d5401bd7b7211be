/** What each file beside an export is, in a line. */
const LINES: Readonly<Record<string, string>> = {
  'ledger.jsonl': 'the record of everything done to the model, one entry a line; each holds the hash of the one before',
  'checkpoint.json': 'the signed end of that record: shows whether entries were cut off',
  'checks.intoto.jsonl': 'which checks this version passed and failed (in-toto test result, signed)',
  'edit.intoto.jsonl': 'what was changed in the weights, by whom and why (in-toto statement of type urn:emend:edit:v1, signed)',
  'export.intoto.jsonl': 'how it left: what the policy asked for and what answered it, how a steering went in (in-toto statement, signed)',
  'bom.cdx.json': 'bill of materials: files, base model, changes, measures, reviews (CycloneDX 1.7)',
  'report.html': 'all of this to read and print',
  'public-key.pem': 'public half of the Ed25519 key that signs the record and the statements',
  'model-key.pem': 'public half of the P-256 key that signs ../model.sig',
  'model-key.intoto.jsonl': 'the first key vouches for the second',
};

/** The text that says what lies beside a model and how to verify it. @param names of the files, relative to the subfolder */
export function readme(names: readonly string[], key: string): string {
  const shown = names.filter((name) => LINES[name] !== undefined);
  const width = Math.max(...shown.map((name) => name.length));
  const blobs = names.some((name) => name.startsWith('blobs/'))
    ? [`  ${'blobs/'.padEnd(width)}  what entries of the record refer to, each named by its SHA-256`]
    : [];
  return `This folder explains and proves the model beside it. Emend wrote it.

${[...shown.map((name) => `  ${name.padEnd(width)}  ${LINES[name]}`), ...blobs].join('\n')}

../model.sig lists every file, here too, with its SHA-256, and is signed (OpenSSF Model Signing).

To verify, in Emend: choose to verify an export, then this model's folder. Nothing else is needed but the public
key of whoever made it. Take the key from them rather than from here; its id is
  ${key}

To verify model.sig with OpenSSF's own tool (Python package model-signing), for a model in the folder MODEL:
  model_signing verify key MODEL --signature MODEL/model.sig --public_key MODEL/emend/model-key.pem

Changing, adding or removing any file breaks the signature. That is what it is for.
`;
}
