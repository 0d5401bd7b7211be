import { createHash } from 'node:crypto';
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey, type SigningKey } from '../../../electron/ledger/keys.ts';
import { writeAttestations, type AttestationInputs } from '../../../electron/services/attest/bundle.ts';
import { modelId } from '../../../electron/ledger/versions.ts';
import { generateModelKey } from '../../../electron/services/attest/model-key.ts';
import { version as appVersion } from '../../../electron/services/models.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, commit, importBody, open } from '../ledger/samples.ts';

/** A ledger with two edits, a check, a note and a review, and what an export of its version needs. */
export async function recorded(edits = 2): Promise<AttestationInputs & { readonly key: SigningKey }> {
  const key = generateKey();
  const ledger = await open('/l', { files: new MemoryFiles(), create: true, key });
  const layout = await ledger.blobs.put(Buffer.from(JSON.stringify(LAYOUT)), 'application/json');
  const files = [...modelFiles(0)].map(([path, bytes]) => ({ path, bytes: bytes.length, sha256: hex(bytes) }));
  await ledger.append('import', { ...importBody(), model: { id: modelId(files), name: 'atlas', files }, anatomy: { layout } }, BY);
  const committed = [];
  for (let n = 1; n <= edits; n++) committed.push(await commit(ledger, n));
  const version = ledger.history.current.id;
  if (edits > 0) {
    await ledger.append(
      'check',
      {
        version,
        suite: 'wide',
        hyperparameters: {},
        seeds: {},
        facts: [],
        checks: [{ name: 'drift', value: 0.125, count: 50 }],
        evidence: {},
        details: {},
      },
      BY,
    );
    await ledger.append('note', { version }, { author: 'Béa', reason: '<b>read</b> & "compared" with the =source' });
    await ledger.append('approve', { version }, { author: 'Carl', reason: '' });
    await ledger.append('tag', { name: 'autumn', version }, BY);
  }
  const checkpoint = await ledger.checkpoint();
  const refs = [layout, ...committed.map(({ body }) => body.factSet)];
  const blobs = await Promise.all(refs.map(async (ref) => ({ ref, bytes: await ledger.blobs.read(ref) })));
  return {
    journal: await ledger.journal(),
    checkpoint,
    version,
    format: 'folder',
    key,
    modelKey: generateModelKey().key,
    app: appVersion(),
    time: '2026-11-23T08:30:00.000Z',
    author: 'Dora',
    blobs,
  };
}

/** Where the edited tensor lies. */
const TENSOR = { tensor: 'layers.3.mlp.down', offset: 100, length: 7 };

/** The files of a model with so many edits, in a subfolder too, and one that Model Signing ignores. */
function modelFiles(edits: number): Map<string, Buffer> {
  const tensor = Buffer.from(edits === 0 ? 'at base' : `after ${edits}`);
  return new Map([
    ['onnx/model.onnx', Buffer.alloc(300, 7)],
    ['onnx/model.onnx_data', Buffer.concat([Buffer.alloc(TENSOR.offset, 9), tensor, Buffer.alloc(93, 9)])],
    ['tokenizer.json', Buffer.from('{"a": 1}\n')],
    ['.gitattributes', Buffer.from('*.onnx filter=lfs\n')],
    ['empty.txt', Buffer.alloc(0)],
  ]);
}

const LAYOUT = {
  format: 1,
  files: [{ path: 'onnx/model.onnx_data', bytes: 200, tensors: [{ ...TENSOR, sha256: hex('before 1') }], rest: hex(Buffer.alloc(193, 9)) }],
};

/** A folder as an export leaves it. */
export function modelFolder(edits = 2): string {
  const folder = mkdtempSync(join(tmpdir(), 'emend-export-'));
  mkdirSync(join(folder, 'onnx'));
  for (const [path, bytes] of modelFiles(edits)) writeFileSync(join(folder, path), bytes);
  return folder;
}

/** An export with its attestations. */
export async function attested(edits = 2): Promise<{ readonly folder: string; readonly inputs: Awaited<ReturnType<typeof recorded>> }> {
  const inputs = await recorded(edits);
  const folder = modelFolder(edits);
  await writeAttestations(folder, inputs);
  return { folder, inputs };
}

/** Every file of a folder, by its path. */
export function contents(folder: string): Map<string, Buffer> {
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [join(entry.parentPath, entry.name).slice(folder.length + 1), readFileSync(join(entry.parentPath, entry.name))]),
  );
}

export function hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
