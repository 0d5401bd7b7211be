import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blobsIn } from '../../electron/ledger/bodies.ts';
import { parseCheckpoint } from '../../electron/ledger/checkpoints.ts';
import { examine } from '../../electron/ledger/examine.ts';
import { explained } from '../../electron/storage/file-errors.ts';
import { disk } from '../../electron/storage/files.ts';
import { loadOrCreateKey } from '../../electron/ledger/keys.ts';
import { verifyLedger } from '../../electron/ledger/verify.ts';
import type { Application } from '../../electron/services/application.ts';
import { random } from '../unit/ledger/samples.ts';
import { NAME, type Where } from './service-act.ts';
import { ACTS, modelIn } from './services-doing.ts';
import { makeScene, openHere, prepared, removeTemporary, type Scene } from './services-scene.ts';

const PLACES = 1000;
/** Enough to hit every kind of line, and lines' ends. */
const OPENINGS = 40;
const CUTS = 40;
const EXPORT = ACTS.find((act) => act.name === 'export')!;

let scene: Scene;
beforeAll(async () => void (scene = await makeScene()));
afterAll(removeTemporary);

/** A library with every version's file there, as it lies when it is used. */
function library(): Where {
  return prepared(scene, { ...EXPORT, prepare: () => undefined });
}

/** Everything that a model is kept in, by how it should be told when it is damaged. */
interface Target {
  readonly path: string;
  /** Entries that must be blamed for damage at a byte, and what must be told of it. */
  readonly blamed: (at: number) => readonly number[];
  readonly what: RegExp;
  readonly told: string;
}

function targetsOf(model: string): Record<'journal' | 'blobs' | 'checkpoints' | 'files' | 'versions', Target[]> {
  const ledger = join(model, 'ledger');
  const journal = readFileSync(join(ledger, 'journal.jsonl'));
  const { entries, history } = examine(journal);
  const lineOf = (at: number) => journal.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
  // A line end that is gone joins an entry with the next.
  const blamedAt = (at: number) => (journal[at] === 0x0a && at < journal.length - 1 ? [lineOf(at), lineOf(at) + 1] : [lineOf(at)]);
  const refs = new Map(
    entries.flatMap((entry) =>
      blobsIn(entry.body).map(
        (ref) =>
          [ref.blob, entries.filter((one) => blobsIn(one.body).some(({ blob }) => blob === ref.blob)).map((one) => one.seq)] as const,
      ),
    ),
  );
  const below = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(folder, path)).isFile())
      .sort();
  const made = new Map([...history.moments].reverse().map(({ version, entry }) => [version.id, entry]));
  return {
    journal: [{ path: join(ledger, 'journal.jsonl'), blamed: blamedAt, what: /^(form|torn|missing|chain)$/, told: '' }],
    blobs: [...refs].map(([blob, seqs]) => ({
      path: join(ledger, 'blobs', 'sha256', blob.slice(0, 2), blob.slice(2)),
      blamed: () => seqs,
      what: /^blob$/,
      told: blob,
    })),
    // The next one names it by its hash.
    checkpoints: below(join(ledger, 'checkpoints')).map((name, at, all) => ({
      path: join(ledger, 'checkpoints', name),
      blamed: () => all.slice(at, at + 2).map((one) => Number(one.slice(0, 9))),
      what: /^checkpoint$/,
      told: 'checkpoint',
    })),
    files: below(join(model, 'model')).map((name) => ({
      path: join(model, 'model', name),
      blamed: () => [1],
      what: /^file$/,
      told: name.replaceAll('\\', '/'),
    })),
    versions: below(join(model, 'versions')).map((name) => ({
      path: join(model, 'versions', name),
      blamed: () => [made.get(name.slice(0, 64))!],
      what: /^tensors$/,
      told: name.slice(0, 12),
    })),
  };
}

it(`a single byte that changes at any of ${PLACES} places of a model is found by verifying, and told at its entry and file`, async () => {
  const { library: folder } = library();
  const kinds = Object.entries(targetsOf(modelIn(folder)));
  expect(kinds.map(([kind, targets]) => [kind, targets.length > 0])).toEqual(kinds.map(([kind]) => [kind, true]));
  const app = await openHere(folder);
  const roll = random(2026);
  const verified = new Map<string, number>();
  try {
    await app.call('library.list', {}); // it is open before anything is damaged
    for (let place = 0; place < PLACES; place++) {
      const [kind, targets] = kinds[place % kinds.length]!;
      const { path, blamed, what, told } = targets[Math.floor(roll() * targets.length)]!;
      const whole = readFileSync(path);
      const at = Math.floor(roll() * whole.length);
      const damaged = Buffer.from(whole);
      damaged[at] = whole[at]! ^ (1 + Math.floor(roll() * 255));
      overwrite(path, damaged);
      const where = `byte ${at} of ${path}: ${whole[at]} became ${damaged[at]}`;

      const found = await app.run('audit.verify', { model: NAME, record: false });
      expect(found.ok, where).toBe(false);
      const entries = [...new Set(found.problems.map((problem) => problem.entry))];
      expect(entries, where).toEqual(blamed(at));
      for (const problem of found.problems) {
        expect(problem.what, where).toMatch(what);
        expect(problem.message, where).toContain(told);
      }
      // What can be made again was made again; the rest stays as it was found.
      expect(readFileSync(path).equals(kind === 'versions' ? whole : damaged), where).toBe(true);
      overwrite(path, whole);
      verified.set(kind, (verified.get(kind) ?? 0) + 1);
    }
    expect((await app.run('audit.verify', { model: NAME, record: false })).problems).toEqual([]);
  } finally {
    await app.close();
  }
  expect([...verified.values()]).toEqual(kinds.map(() => PLACES / kinds.length));
});

it('a single byte of the journal that changed while nobody looked is found by opening, and nothing is added to it', async () => {
  const { library: folder } = library();
  const path = join(modelIn(folder), 'ledger', 'journal.jsonl');
  const whole = readFileSync(path);
  const roll = random(11);
  for (let opening = 0; opening < OPENINGS; opening++) {
    const damaged = Buffer.from(whole);
    const at = Math.floor(roll() * (whole.length - 1)); // without its last line end an entry only seems unfinished; the checkpoint tells
    damaged[at] = whole[at]! ^ (1 + Math.floor(roll() * 255));
    writeFileSync(path, damaged);
    const where = `byte ${at}`;
    const app = await openHere(folder);
    try {
      const { models } = await app.call('library.list', {});
      expect(
        models.map((model) => model.state),
        where,
      ).toEqual(['damaged']);
      await expect(app.call('audit.note', { model: models[0]!.name, comment: 'More' }), where).rejects.toMatchObject({
        code: 'bad-file',
        message: expect.stringMatching(/damaged at entry \d+/) as string,
      });
    } finally {
      await app.close();
    }
    expect(readFileSync(path).equals(damaged), where).toBe(true);
  }
});

it('a journal that is cut anywhere is told from a whole one by its checkpoint, that of an export, and the export itself', async () => {
  const where = library();
  const ledger = join(modelIn(where.library), 'ledger');
  const app = await openHere(where.library);
  const exported = await export_(app, where);
  const key = await loadOrCreateKey(explained(disk), join(where.library, 'keys'));
  const kept = parseCheckpoint(readFileSync(join(where.target, 'emend', 'checkpoint.json'), 'utf8'), 'the export');
  const roll = random(7);
  try {
    const path = join(ledger, 'journal.jsonl');
    const whole = readFileSync(path);
    for (let cut = 0; cut < CUTS; cut++) {
      const length = cut === 0 ? 0 : Math.floor(roll() * lengthOf(whole, kept.seq));
      writeFileSync(path, whole.subarray(0, length));
      const left = whole.subarray(0, length).filter((byte) => byte === 0x0a).length;
      const found = await app.run('audit.verify', { model: NAME, record: false });
      expect(
        found.problems.some(({ entry, what }) => entry === left + 1 && what === 'missing'),
        `cut to ${length} bytes`,
      ).toBe(true);
    }

    // Whoever cuts the journal can remove the checkpoints beside it too, but not the one that went out.
    rmSync(join(ledger, 'checkpoints'), { recursive: true });
    for (let cut = 0; cut < CUTS; cut++) {
      const length = Math.floor(roll() * lengthOf(whole, kept.seq));
      const ends = whole.subarray(0, length).lastIndexOf(0x0a) + 1; // a clean cut, with no torn line to give it away
      writeFileSync(path, whole.subarray(0, ends));
      const found = await verifyLedger(explained(disk), ledger, { keys: [key], given: [{ from: 'the export', end: kept }] });
      const left = whole.subarray(0, ends).filter((byte) => byte === 0x0a).length;
      expect(found.first, `cut to ${ends} bytes`).toMatchObject({ seq: left + 1, what: 'missing' });
    }
    writeFileSync(path, whole);

    const slice = join(where.target, 'emend', 'ledger.jsonl');
    const record = readFileSync(slice);
    for (let cut = 0; cut < CUTS; cut++) {
      const length = Math.floor(roll() * record.length);
      writeFileSync(slice, record.subarray(0, length));
      const found = await app.run('exports.verify', { source: exported.handle });
      expect(found.ok, `cut to ${length} bytes`).toBe(false);
      expect(
        found.problems.map((problem) => problem.item),
        `cut to ${length} bytes`,
      ).toContain('emend/ledger.jsonl');
    }
  } finally {
    await app.close();
  }
});

function export_(app: Application, where: Where) {
  return app.run('exports.start', { model: NAME, destination: app.grants.grant(where.target, 'write').handle });
}

/** Length of the first so many lines, without the last one's end. */
function lengthOf(journal: Buffer, lines: number): number {
  let at = -1;
  for (let line = 0; line < lines; line++) at = journal.indexOf(0x0a, at + 1);
  return at;
}

/** In place, past the write protection of imported files. */
function overwrite(path: string, bytes: Uint8Array): void {
  writeFileSync(path, bytes, { flag: 'w' });
}
