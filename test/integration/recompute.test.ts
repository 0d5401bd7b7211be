import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorBytes } from '../../electron/engine/onnx/tensors.ts';
import type { Application } from '../../electron/services/application.ts';
import { recomputationDoubt, recomputationProblem } from '../../electron/services/recompute.ts';
import { canonical } from '../../electron/storage/canonical.ts';
import { sha256 } from '../../electron/storage/hash.ts';
import { casesOf } from '../fixtures.ts';
import { openApplication, removeTemporary, temporary } from './application.ts';

/** Small models: what is worked out again is worked out twice. */
const MODELS = casesOf('reports/record').filter(({ folder }) => !folder.includes('models'));
const FACTS = [
  { subject: 'Ada', prompt: '{} lives in', target: ' Rome' },
  { subject: 'Eve', prompt: '{} works at', target: ' home' },
];

interface Ref {
  blob: string;
  bytes: number;
  type: string;
}
interface DraftFile {
  blobs: { delta: Ref; report: Ref };
  content: { checks: unknown };
  seal?: unknown;
}

afterAll(removeTemporary);

describe('a delta that is worked out again', () => {
  it.each([
    [0.01, undefined, undefined],
    [0.0214, 'not ruled out', 'is another'],
    [0.9, undefined, 'is another'],
  ])('and lies %d from the recorded one is the same, unproven, or another', (distance, doubt, problem) => {
    const found = { distance, otherChecks: [] };
    const said = (words: string | undefined) => (words === undefined ? undefined : (expect.stringContaining(words) as string));
    expect(recomputationDoubt(found)).toEqual(said(doubt));
    expect(recomputationProblem(found)).toEqual(said(problem));
  });
});

describe.each(MODELS)('an edit of $name', ({ folder }) => {
  let app: Application;
  let model: string;
  let ledger: string;
  beforeAll(async () => {
    const home = temporary();
    app = await openApplication({ dataFolder: home });
    model = (await app.run('library.import', { source: app.grants.grant(folder).handle })).model;
    ledger = join(home, 'models', model.slice(0, 16), 'ledger');
  });
  afterAll(() => app.close());

  const draftOf = async (fact: (typeof FACTS)[number], honest = false) =>
    (await app.run('edits.start', { model, facts: [fact], method: 'memit', fluency: false, honest })).draft;
  const fileOf = (draft: string) => join(ledger, 'drafts', `${draft}.json`);
  const read = (draft: string) => JSON.parse(readFileSync(fileOf(draft), 'utf8')) as DraftFile;
  const blobPath = (blob: string) => join(ledger, 'blobs/sha256', blob.slice(0, 2), blob.slice(2));
  const put = (bytes: Uint8Array, type: string): Ref => {
    const blob = sha256(bytes);
    mkdirSync(dirname(blobPath(blob)), { recursive: true });
    writeFileSync(blobPath(blob), bytes);
    return { blob, bytes: bytes.length, type };
  };
  const reportOf = ({ blobs }: DraftFile) => JSON.parse(readFileSync(blobPath(blobs.report.blob), 'utf8')) as Record<string, unknown>;

  it('is refused when its draft was changed, and worked out again when the seal was taken off', async () => {
    const [one, other] = [await draftOf(FACTS[0]!), await draftOf(FACTS[1]!, true)];
    const [draft, second] = [read(one), read(other)];
    // One edit under the words of another, such that all words agree.
    const [words, factors] = [draft, second].map(({ blobs }) => readSafetensors(blobPath(blobs.delta.blob)));
    const tensors = new Map(
      [...factors!.tensors].map(([name, { dtype, dims, ...rest }]) => [
        name,
        { dtype, dims: [...dims], bytes: tensorBytes(factors!, { dtype, dims, ...rest }) },
      ]),
    );
    draft.blobs.delta = put(writeSafetensors(tensors, words!.metadata), draft.blobs.delta.type);
    const report = { ...reportOf(draft), weights: reportOf(second)['weights'] };
    draft.blobs.report = put(Buffer.from(canonical(report)), draft.blobs.report.type);
    writeFileSync(fileOf(one), canonical(draft));
    await expect(app.run('edits.commit', { model, draft: one, reason: 'Forged' })).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('its seal does not fit') as string,
    });
    delete draft.seal;
    writeFileSync(fileOf(one), canonical(draft));
    await expect(app.run('edits.commit', { model, draft: one, reason: 'Forged' })).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('Worked out again') as string,
    });
    await app.run('edits.commit', { model, draft: other, reason: 'As it is' });
    expect(readdirSync(join(ledger, 'drafts'))).toEqual([`${one}.json`]);
  });

  it('is, worked out again, the recorded one', async () => {
    const found = await app.run('audit.verify', { model, recompute: true });
    expect(found.problems).toEqual([]);
    expect(found.verdict.unchecked).toEqual([]);
  });
});
