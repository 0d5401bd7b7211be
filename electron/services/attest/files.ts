import { MODEL_KEY_FILE } from './model-key.ts';

/** The subfolder that everything but model.sig goes into. */
export const FOLDER = 'emend';

/** Names in {@link FOLDER}. */
export const FILES = {
  ledger: 'ledger.jsonl',
  checkpoint: 'checkpoint.json',
  checks: 'checks.intoto.jsonl',
  edit: 'edit.intoto.jsonl',
  export: 'export.intoto.jsonl',
  bom: 'bom.cdx.json',
  report: 'report.html',
  publicKey: 'public-key.pem',
  modelKey: MODEL_KEY_FILE,
  voucher: 'model-key.intoto.jsonl',
  readme: 'README.txt',
  blobs: 'blobs',
} as const;
