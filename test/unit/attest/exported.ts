import { createHash } from 'node:crypto';
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey, type SigningKey } from '../../../electron/ledger/keys.ts';
import { writeAttestations, type AttestationInputs } from '../../../electron/services/attest/bundle.ts';
import { generateModelKey } from '../../../electron/services/attest/model-key.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, commit, importBody, open } from '../ledger/samples.ts';

/** A ledger with two edits, a check, a note and a review, and what an export of its version needs. */
export async function recorded(edits = 2): Promise<AttestationInputs & { readonly key: SigningKey }> {
  const key = generateKey();
  const ledger = await open('/l', { files: new MemoryFiles(), create: true, key });
  await ledger.append('import', importBody(), BY);
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
  const blobs = await Promise.all(committed.map(async ({ body }) => ({ ref: body.factSet, bytes: await ledger.blobs.read(body.factSet) })));
  return {
    journal: await ledger.journal(),
    checkpoint,
    version,
    format: 'folder',
    key,
    modelKey: generateModelKey().key,
    app: '0.1.0',
    time: '2026-11-23T08:30:00.000Z',
    author: 'Dora',
    blobs,
  };
}

/** A folder as an export leaves it, with files in a subfolder and one that Model Signing ignores. */
export function modelFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'emend-export-'));
  mkdirSync(join(folder, 'onnx'));
  writeFileSync(join(folder, 'onnx', 'model.onnx'), Buffer.alloc(300, 7));
  writeFileSync(join(folder, 'onnx', 'model.onnx_data'), Buffer.alloc(200, 9));
  writeFileSync(join(folder, 'tokenizer.json'), '{"a": 1}\n');
  writeFileSync(join(folder, '.gitattributes'), '*.onnx filter=lfs\n');
  writeFileSync(join(folder, 'empty.txt'), '');
  return folder;
}

/** An export with its attestations. */
export async function attested(edits = 2): Promise<{ readonly folder: string; readonly inputs: Awaited<ReturnType<typeof recorded>> }> {
  const inputs = await recorded(edits);
  const folder = modelFolder();
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
