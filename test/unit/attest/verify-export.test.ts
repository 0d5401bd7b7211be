import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signCheckpoint } from '../../../electron/ledger/checkpoints.ts';
import { generateKey } from '../../../electron/ledger/keys.ts';
import { writeAttestations } from '../../../electron/services/attest/bundle.ts';
import { verifyExport } from '../../../electron/services/verify-export.ts';
import type { ExportClaim } from '../../../electron/services/attest/export-claim.ts';
import type { Asked, LetOut } from '../../../shared/policy.ts';
import { random } from '../ledger/samples.ts';
import { attested, contents, modelFolder, recorded } from './exported.ts';

let folder: string;
let inputs: Awaited<ReturnType<typeof attested>>['inputs'];
beforeAll(async () => ({ folder, inputs } = await attested()));
afterAll(() => rmSync(folder, { recursive: true }));

/** Some file systems sync a file that is cut and written again. */
function rewrite(file: string, content: string | Uint8Array): void {
  rmSync(file, { force: true });
  writeFileSync(file, content);
}

/** Does something to a file of the folder, verifies, and puts it back. */
async function after(path: string, change: (file: string) => void) {
  const file = join(folder, path);
  const before = existsSync(file) ? readFileSync(file) : undefined;
  change(file);
  const result = await verifyExport(folder, { publicKey: inputs.key.pem });
  rmSync(file, { recursive: true, force: true });
  if (before) writeFileSync(file, before);
  return { ...result, problems: result.items.filter((item) => item.state === 'problem') };
}

describe('verifying an export', () => {
  it('finds nothing wrong with one that is as it was written', async () => {
    const result = await verifyExport(folder, { publicKey: inputs.key.pem });
    expect(result.items.filter((item) => item.state !== 'ok')).toEqual([]);
    expect(result).toMatchObject({ ok: true, key: { id: inputs.key.id, from: 'given' }, head: { hash: inputs.checkpoint.head } });
    expect(new Set(result.items.map((item) => item.what))).toEqual(
      new Set(['key', 'signature', 'file', 'ledger', 'checkpoint', 'checks', 'edit', 'bom', 'content']),
    );
  });

  it('says when the key is only the folder’s own', async () => {
    const result = await verifyExport(folder);
    expect(result).toMatchObject({ ok: true, key: { id: inputs.key.id, from: 'folder' } });
    expect(result.items.filter((item) => item.state !== 'ok')).toMatchObject([
      { what: 'key', state: 'unsure', message: expect.stringContaining('from the folder itself') as string },
    ]);
  });

  it('sees a changed byte wherever it is', async () => {
    const next = random(20_261_123);
    const bits = [1, 2, 4, 8, 16, 32, 64, 128];
    for (const [path, bytes] of contents(folder)) {
      if (bytes.length === 0) continue;
      // every file several times, its first and last byte among them
      for (const at of [0, bytes.length - 1, ...Array.from({ length: 4 }, () => Math.floor(next() * bytes.length))]) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= bits[Math.floor(next() * bits.length)]!;
        const { ok, problems } = await after(path, (file) => rewrite(file, changed));
        expect(ok, `${path} at ${at}`).toBe(false);
        expect(
          problems.some((problem) => problem.path === path || problem.message.includes(path)),
          `${path} at ${at}: ${problems[0]?.message}`,
        ).toBe(true);
      }
    }
  }, 60_000);

  it('sees every changed character of model.sig, which nothing else proves', async () => {
    const text = readFileSync(join(folder, 'model.sig'), 'latin1');
    const next = random(7);
    for (let tried = 0; tried < 60; tried++) {
      const at = Math.floor(next() * text.length);
      const other = String.fromCharCode(33 + Math.floor(next() * 94));
      if (other === text[at]) continue;
      const changed = Buffer.from(text.slice(0, at) + other + text.slice(at + 1), 'latin1');
      const { ok } = await after('model.sig', (file) => rewrite(file, changed));
      expect(ok, `${text[at]} → ${other} at ${at}`).toBe(false);
    }
  });

  it('tells missing, added and linked files apart, also those that Model Signing leaves out', async () => {
    expect((await after('tokenizer.json', (file) => rmSync(file))).problems).toMatchObject([
      { what: 'file', path: 'tokenizer.json', message: 'tokenizer.json is missing.' },
      { what: 'checks' },
      { what: 'edit' },
      { what: 'bom' },
      { what: 'content', message: 'tokenizer.json is missing: the import has it.' },
    ]);
    expect((await after('added.bin', (file) => rewrite(file, 'x'))).problems).toMatchObject([
      { what: 'file', path: 'added.bin', message: 'added.bin was not there when the export was signed.' },
      { what: 'content', path: 'added.bin' },
    ]);
    for (const left of ['.gitignore', '.DS_Store', 'Thumbs.db']) {
      const { ok, items } = await after(left, (file) => rewrite(file, 'x'));
      expect(ok, left).toBe(true);
      expect(items).toContainEqual(
        expect.objectContaining({ path: left, state: 'unsure', message: expect.stringContaining('beside') as string }),
      );
    }
    expect((await after('linked.json', (file) => symlinkSync('tokenizer.json', file))).problems).toMatchObject([
      { what: 'file', path: 'linked.json', message: expect.stringContaining('link') as string },
    ]);
    expect((await after('.gitattributes', (file) => rewrite(file, ''))).problems[0]).toMatchObject({
      what: 'file',
      path: '.gitattributes',
      message: expect.stringContaining('was changed') as string,
    });
    expect((await after('model.sig', (file) => rmSync(file))).problems).toMatchObject([
      { what: 'signature', message: 'model.sig is missing.' },
    ]);
  });

  it('sees that entries were cut off the record, and says how many', async () => {
    const { problems } = await after('emend/ledger.jsonl', (file) =>
      writeFileSync(file, `${readFileSync(file, 'utf8').split('\n').slice(0, 3).join('\n')}\n`),
    );
    expect(problems).toContainEqual(
      expect.objectContaining({ what: 'checkpoint', message: expect.stringContaining('it has 3 entries') as string }),
    );
  });

  it('does not take another key, nor one that is no key', async () => {
    const { ok, items } = await verifyExport(folder, { publicKey: generateKey().pem });
    expect(ok).toBe(false);
    expect(items).toContainEqual(
      expect.objectContaining({ what: 'signature', state: 'problem', message: expect.stringContaining('was signed with key') as string }),
    );
    await expect(verifyExport(folder, { publicKey: 'no key' })).rejects.toMatchObject({ code: 'bad-file' });
  });

  it('says what a folder without attestations lacks, and that a folder is not there', async () => {
    const bare = modelFolder();
    const { ok, items } = await verifyExport(bare, { publicKey: inputs.key.pem });
    expect(ok).toBe(false);
    expect(items).toContainEqual(
      expect.objectContaining({ what: 'signature', state: 'problem', message: expect.stringContaining('is missing') as string }),
    );
    rmSync(bare, { recursive: true });
    await expect(verifyExport(bare)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('an export that its own maker signed', () => {
  /** Signed with the true key over a folder that is not what the record says. */
  async function signedOver(change: (folder: string) => void, edits = 2) {
    const made = modelFolder(edits);
    change(made);
    const told = edits === 2 ? inputs : await recorded(edits);
    await writeAttestations(made, told);
    const { ok, items, verdict } = await verifyExport(made, { publicKey: told.key.pem });
    rmSync(made, { recursive: true });
    return { ok, verdict, problems: items.filter((item) => item.state === 'problem') };
  }
  const data = (folder: string) => join(folder, 'onnx', 'model.onnx_data');
  const flip = (file: string, at: number) => {
    const bytes = readFileSync(file);
    bytes[at]! ^= 1;
    rewrite(file, bytes);
  };

  it.each<[string, (folder: string) => void, string]>([
    [
      'a file that no edit touched differs from the import',
      (f) => flip(join(f, 'tokenizer.json'), 3),
      'tokenizer.json differs from the import',
    ],
    ['a graph differs', (f) => flip(join(f, 'onnx', 'model.onnx'), 150), 'onnx/model.onnx differs from the import'],
    [
      'a file lies beside it that was not imported',
      (f) => rewrite(join(f, 'modeling_evil.py'), 'x'),
      'modeling_evil.py is no file of the import',
    ],
    ['a file of the import is missing', (f) => rmSync(join(f, 'empty.txt')), 'empty.txt is missing: the import has it'],
    ['the edited tensor is not what its edit made', (f) => flip(data(f), 102), 'the record of its edits says'],
    ['a byte outside the edited tensor differs', (f) => flip(data(f), 20), 'differs from the import outside its tensors'],
    ['a byte behind it differs', (f) => flip(data(f), 199), 'differs from the import outside its tensors'],
    [
      'the data file is longer',
      (f) => rewrite(data(f), Buffer.concat([readFileSync(data(f)), Buffer.from('x')])),
      'has 201 bytes; the import has 200',
    ],
  ])('is found out where %s', async (_, change, message) => {
    const { ok, problems } = await signedOver(change);
    expect(ok).toBe(false);
    expect(problems).toMatchObject([{ what: 'content', message: expect.stringContaining(message) as string }]);
  });

  it('is found out where it says to be the import and is an edit of it', async () => {
    const { problems } = await signedOver((folder) => flip(data(folder), 101), 0);
    expect(problems).toMatchObject([{ what: 'content', message: expect.stringContaining('no edit in force changes it') as string }]);
  });

  it('is found out where its report says something else than the record', async () => {
    const made = modelFolder();
    await writeAttestations(made, { ...inputs, author: 'Somebody else' });
    const bom = join(made, 'emend', 'bom.cdx.json');
    rewrite(bom, readFileSync(bom, 'utf8').replace('Somebody else', 'Dora'));
    const { items } = await verifyExport(made, { publicKey: inputs.key.pem });
    rmSync(made, { recursive: true });
    expect(items.filter((item) => item.state === 'problem').map((item) => item.path)).toContain('emend/bom.cdx.json');
  });
});

describe('how a version is said to have left', () => {
  const claimOf = (asked: Asked, out: Partial<LetOut> = {}): ExportClaim => ({
    act: '00000000-0000-4000-8000-000000000000',
    version: inputs.version,
    format: inputs.format,
    ledger: { entries: inputs.checkpoint.seq, head: inputs.checkpoint.head },
    asked,
    letOut: { by: 'nothing', checks: [], approvals: [], ...out },
  });
  async function claimed(claim: ExportClaim, change: (folder: string) => void = () => undefined) {
    const made = modelFolder();
    await writeAttestations(made, { ...inputs, claim });
    change(made);
    const { ok, items } = await verifyExport(made, { publicKey: inputs.key.pem });
    const read = (name: string) => readFileSync(join(made, 'emend', name), 'utf8');
    const [bom, report] = [read('bom.cdx.json'), read('report.html')];
    rmSync(made, { recursive: true });
    return { ok, bom, report, items, problems: items.filter((item) => item.state === 'problem').map(({ message }) => message) };
  }

  it('stands in its statement, the bill of materials and the report, and is held against the record', async () => {
    const { ok, items, bom, report } = await claimed(claimOf({ approval: 'none' }));
    expect(ok).toBe(true);
    expect(items).toContainEqual(expect.objectContaining({ what: 'export', message: expect.stringContaining('nothing') as string }));
    for (const text of [bom, report]) expect(text).toContain('exported without a policy');
  });

  it.each<[string, ExportClaim | (() => ExportClaim), string]>([
    ['a policy that the record does not have', () => claimOf({ approval: 'anyone' }, { by: 'policy' }), 'of the policy'],
    [
      'an approval that is not there',
      () => claimOf({ approval: 'none' }, { approvals: [{ author: 'Eve', entry: 3 }] }),
      'of the what let it out',
    ],
    ['another form', () => ({ ...claimOf({ approval: 'none' }), format: 'lora' }), 'of the form'],
    ['a rejection that nobody made', () => ({ ...claimOf({ approval: 'none' }), despite: [2] }), 'of the rejections'],
  ])('is found out where its maker signed %s', async (_, claim, message) => {
    const { ok, problems } = await claimed(typeof claim === 'function' ? claim() : claim);
    expect(ok).toBe(false);
    expect(problems.join('\n')).toContain(message);
  });

  it('is missed where it was taken away', async () => {
    const { ok, problems } = await claimed(claimOf({ approval: 'none' }), (made) => rmSync(join(made, 'emend', 'export.intoto.jsonl')));
    expect(ok).toBe(false);
    expect(problems).toContain('emend/export.intoto.jsonl is missing.');
  });
});

describe('writing attestations', () => {
  it('gives the same bytes for the same inputs, but for the signature that draws a random number', async () => {
    const again = modelFolder();
    await writeAttestations(again, inputs);
    const [one, two] = [contents(folder), contents(again)];
    expect([...two.keys()]).toEqual([...one.keys()]);
    for (const [path, bytes] of one) if (path !== 'model.sig') expect(two.get(path)!.equals(bytes), path).toBe(true);
    rmSync(again, { recursive: true });
  });

  it('leaves out the statements that an unchanged model has nothing for, and verifies all the same', async () => {
    const bare = await attested(0);
    expect([...contents(bare.folder).keys()].filter((path) => path.includes('intoto'))).toEqual(['emend/model-key.intoto.jsonl']);
    expect((await verifyExport(bare.folder, { publicKey: bare.inputs.key.pem })).ok).toBe(true);
    rmSync(bare.folder, { recursive: true });
  });

  it('refuses a folder that has them already, one with links, an empty one, and a checkpoint of another entry', async () => {
    await expect(writeAttestations(folder, inputs)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('already') as string,
    });
    const other = modelFolder();
    symlinkSync('tokenizer.json', join(other, 'link'));
    await expect(writeAttestations(other, inputs)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('link') as string,
    });
    rmSync(other, { recursive: true });
    mkdirSync(other);
    await expect(writeAttestations(other, inputs)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('no file') as string,
    });
    const early = signCheckpoint(inputs.key, { ...inputs.checkpoint, head: '0'.repeat(64) });
    await expect(writeAttestations(other, { ...inputs, checkpoint: early })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('checkpoint') as string,
    });
    const { journal } = await recorded(1);
    await expect(writeAttestations(other, { ...inputs, journal: journal.subarray(0, -5) })).rejects.toMatchObject({ code: 'bad-file' });
    rmSync(other, { recursive: true });
  });
});
