import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../electron/services/application.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { NAME, type Where } from '../fault/service-act.ts';
import { ACTS, modelIn } from '../fault/services-doing.ts';
import { makeScene, openHere, prepared, removeTemporary, temporary, type Scene } from '../fault/services-scene.ts';
import { buildHolder, OtherProcess } from './other-process.ts';

let scene: Scene;
const open: Application[] = [];
beforeAll(async () => void (scene = await makeScene()));
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});
afterAll(removeTemporary);

/** A library with two edits in force, a tag "two edits" and a draft, to be opened or spoiled first. */
async function opened(
  spoil: (where: Where, model: string) => void = () => undefined,
): Promise<{ app: Application; where: Where; model: string }> {
  const where = prepared(scene, { ...ACTS[1]!, prepare: () => undefined });
  const model = modelIn(where.library);
  spoil(where, model);
  const app = await openHere(where.library);
  open.push(app);
  return { app, where, model };
}

/** A copy of the model's folder, spoiled. */
function source(spoil: (folder: string) => void): string {
  const folder = join(temporary(), 'source');
  cpSync(scene.model, folder, { recursive: true });
  spoil(folder);
  return folder;
}

/** A refusal that names the thing and says what to do, and leaves the record as it was. */
async function refused(act: Promise<unknown>, code: ErrorCode, message: RegExp | string, hint: RegExp = /\w{3,}.*\./): Promise<void> {
  await expect(act).rejects.toMatchObject({
    code,
    message: typeof message === 'string' ? (expect.stringContaining(message) as string) : (expect.stringMatching(message) as string),
    hint: expect.stringMatching(hint) as string,
  });
}

const totalIn = async (app: Application) => (await app.call('audit.list', { model: NAME })).total;
const deltaOf = async (app: Application, seq: number) =>
  (await app.call('audit.entry', { model: NAME, seq })).evidence.find((one) => one.role === 'delta')!.blob;
const blobFile = (model: string, blob: string) => join(model, 'ledger', 'blobs', 'sha256', blob.slice(0, 2), blob.slice(2));

describe('what is imported', () => {
  it.each<[string, (folder: string) => void, ErrorCode, RegExp, RegExp]>([
    [
      'no tokenizer',
      (folder) => rmSync(join(folder, 'tokenizer.json')),
      'not-found',
      /source has no tokenizer\.json; found no tokenizer file at all/,
      /Copy tokenizer\.json/,
    ],
    [
      'no graph',
      (folder) => rmSync(join(folder, 'onnx', 'model.onnx')),
      'not-found',
      /source.*\.onnx/,
      /config\.json with model\.safetensors/,
    ],
    ['no external data', (folder) => rmSync(join(folder, 'onnx', 'model.onnx_data')), 'bad-file', /model\.onnx_data/, /\w/],
    [
      'external data that are too short',
      (folder) => truncateSync(join(folder, 'onnx', 'model.onnx_data'), 1000),
      'bad-file',
      /model\.onnx_data.*1000|1000.*model\.onnx_data/,
      /\w/,
    ],
    ['a graph that is none', (folder) => writeFileSync(join(folder, 'onnx', 'model.onnx'), 'not a graph'), 'bad-file', /model\.onnx/, /\w/],
    [
      'a tokenizer that is none',
      (folder) => writeFileSync(join(folder, 'tokenizer.json'), '{"model":'),
      'bad-file',
      /tokenizer\.json/,
      /\w/,
    ],
  ])('with %s is refused, and nothing is left of it', async (_, spoil, code, message, hint) => {
    const { app, where } = await opened();
    await refused(app.run('library.import', { source: app.grants.grant(source(spoil)).handle }), code, message, hint);
    expect((await app.call('library.list', {})).models).toHaveLength(1);
    expect(readdirSync(join(where.library, 'incoming'))).toEqual([]);
  });

  it('under a name that is taken is refused', async () => {
    const { app } = await opened();
    const other = source((folder) => writeFileSync(join(folder, 'more.txt'), 'another model'));
    await refused(
      app.run('library.import', { source: app.grants.grant(other).handle, name: NAME }),
      'bad-input',
      `"${NAME}" is taken`,
      /another name/,
    );
    expect((await app.run('library.import', { source: app.grants.grant(other).handle, name: 'second' })).known).toBe(false);
    await refused(app.call('library.rename', { model: 'second', name: NAME }), 'bad-input', `"${NAME}" is taken`);
  });

  it('from a place that nobody chose is refused', async () => {
    const { app } = await opened();
    await refused(
      app.run('library.import', { source: '00000000-0000-4000-8000-000000000000' }),
      'bad-input',
      'was not chosen',
      /choose it/,
    );
    await refused(app.run('library.import', { source: app.grants.grant('/nowhere/at/all').handle }), 'not-found', '/nowhere/at/all');
  });
});

describe('facts', () => {
  const brief = { subject: 'Eve', prompt: '{} lives in', target: ' Oslo' };

  it('that are longer than the model reads are refused before the work begins, by their number and with the tokens', async () => {
    const { app } = await opened();
    const facts = [brief, { ...brief, subject: 'Bob', follows: [`${'Bob speaks. '.repeat(40)}Bob speaks`] }];
    const { problems } = await app.call('edits.validate', { model: NAME, facts });
    expect(problems.filter(({ severity }) => severity === 'error')).toMatchObject([{ index: 1, field: 'follows' }]);
    await refused(
      app.call('edits.start', { model: NAME, facts, method: 'rome', choices: {} }),
      'bad-input',
      /^Fact 2: .* has \d{3} tokens; the model reads 128: "Bob speaks/,
      /shorter/,
    );
    expect((await app.call('jobs.list', {})).jobs).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('in what is no file of its own are refused at once', async () => {
    const { app } = await opened();
    const pipe = join(temporary(), 'facts.csv');
    execFileSync('mkfifo', [pipe]);
    for (const file of [pipe, '/dev/zero'])
      await refused(
        app.call('edits.readFacts', { source: app.grants.grant(file).handle }),
        'not-found',
        `${file} cannot be read: it is not`,
      );
  });
});

describe('what is not there', () => {
  it('is named, with what there is instead', async () => {
    const { app, where } = await opened();
    const before = await totalIn(app);
    const destination = app.grants.grant(where.target, 'write').handle;
    await refused(app.call('audit.list', { model: 'nobody' }), 'not-found', /"nobody".*mini/, /Import/);
    for (const version of ['no such version', 'abcdef0']) {
      await refused(
        app.run('probing.ask', { model: NAME, version, prompt: 'Ada' }),
        'not-found',
        new RegExp(`"${version}".*two edits`),
        /"current" or "base"/,
      );
      await refused(app.run('versions.rollback', { model: NAME, version, reason: 'Why not' }), 'not-found', version);
      await refused(app.run('versions.diff', { model: NAME, a: 'base', b: version }), 'not-found', version);
      await refused(app.run('exports.start', { model: NAME, version, destination }), 'not-found', version);
      await refused(app.call('versions.tag', { model: NAME, version, name: 'new' }), 'not-found', version);
    }
    await refused(app.call('audit.entry', { model: NAME, seq: 99 }), 'not-found', /entry 99.*1 to \d+/);
    await refused(app.call('audit.note', { model: NAME, entry: 99, comment: 'On nothing' }), 'not-found', 'entry 99');
    await refused(app.run('versions.revert', { model: NAME, entry: 1, reason: 'Why not' }), 'not-found', /Entry 1 .*entries 2, 3/);
    await refused(app.run('edits.commit', { model: NAME, draft: 'ffffffff', reason: 'Why not' }), 'not-found', 'ffffffff');
    expect(await totalIn(app)).toBe(before);
  });

  it('is a name that is free: one that is taken is refused, also for a commit, before anything is recorded', async () => {
    const { app } = await opened();
    const before = await totalIn(app);
    await refused(
      app.call('versions.tag', { model: NAME, version: 'base', name: 'two edits' }),
      'bad-input',
      /"two edits" is taken/,
      /another name/,
    );
    await refused(
      app.run('edits.commit', { model: NAME, draft: scene.draft, reason: 'Bob learned it', tag: 'two edits' }),
      'bad-input',
      /"two edits" is taken/,
      /another name/,
    );
    await refused(
      app.run('edits.commit', { model: NAME, draft: scene.draft, reason: 'Bob learned it', tag: 'current' }),
      'bad-input',
      '"current"',
    );
    expect(await totalIn(app)).toBe(before);
    expect((await app.run('edits.commit', { model: NAME, draft: scene.draft, reason: 'Bob learned it', tag: 'three edits' })).entry).toBe(
      before + 1,
    );
  });

  it('is a version that the draft fits: a stale draft is refused, and fits again after rolling back', async () => {
    const { app } = await opened();
    await app.run('versions.rollback', { model: NAME, version: 'base', reason: 'To look back' });
    const before = await totalIn(app);
    await refused(
      app.run('edits.commit', { model: NAME, draft: scene.draft, reason: 'Bob learned it' }),
      'bad-input',
      /worked out on version [0-9a-f]{12}; the current one is [0-9a-f]{12}/,
      /roll back/,
    );
    expect(await totalIn(app)).toBe(before);
    await app.run('versions.rollback', { model: NAME, version: 'two edits', reason: 'And forth' });
    await app.run('edits.commit', { model: NAME, draft: scene.draft, reason: 'Bob learned it' });
  });
});

describe('where an export is to go', () => {
  it('must be a new place outside the library', async () => {
    const { app, where } = await opened();
    const before = await totalIn(app);
    const to = (path: string) => app.run('exports.start', { model: NAME, destination: app.grants.grant(path, 'write').handle });
    const occupied = join(where.out, 'occupied');
    mkdirSync(occupied);
    writeFileSync(join(occupied, 'something'), 'of mine');
    writeFileSync(join(where.out, 'file'), 'of mine');
    await refused(to(occupied), 'bad-input', /occupied is not empty/, /not there yet/);
    await refused(to(join(where.out, 'file')), 'bad-input', /file is a file/, /another name/);
    await refused(to(join(where.library, 'models', 'mine')), 'bad-input', /own data folder/, /elsewhere/);
    await refused(to(where.library), 'bad-input', /own data folder/, /elsewhere/);
    await refused(to(join(where.out, 'no', 'folder')), 'bad-input', /There is no folder .*no/, /Make the folder/);
    await refused(
      app.run('exports.start', { model: NAME, destination: app.grants.grant(where.target).handle }),
      'bad-input',
      /not chosen as a place to write to/,
      /Choose where to write/,
    );
    await refused(
      app.run('exports.start', { model: NAME, destination: '00000000-0000-4000-8000-000000000000' }),
      'bad-input',
      'was not chosen',
    );
    expect(await totalIn(app)).toBe(before);
    expect(readdirSync(occupied)).toEqual(['something']);
  });
});

describe('a record that is damaged', () => {
  /** Changes a letter in a line of the journal. */
  const damageAt = (line: number) => (_: Where, model: string) => {
    const path = join(model, 'ledger', 'journal.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[line - 1] = lines[line - 1]!.replace('"author":"Ada"', '"author":"Eve"');
    writeFileSync(path, lines.join('\n'));
  };

  it.each([1, 3, 5])('at entry %i says so wherever it matters, takes nothing, and is whole again once brought back', async (line) => {
    let whole = Buffer.alloc(0);
    const { app, where, model } = await opened((place, folder) => {
      whole = readFileSync(join(folder, 'ledger', 'journal.jsonl'));
      damageAt(line)(place, folder);
    });
    const [card] = (await app.call('library.list', {})).models;
    expect(card).toMatchObject({ state: 'damaged', says: expect.stringContaining(`Entry ${line} is damaged`) as string });
    const name = card!.name;
    const damaged = new RegExp(`damaged at entry ${line}\\b`);
    await refused(app.call('audit.note', { model: name, comment: 'More' }), 'bad-file', damaged, /backup/);
    await refused(app.call('versions.tag', { model: name, version: 'current', name: 'more' }), 'bad-file', damaged, /backup/);
    await refused(
      app.run('exports.start', { model: name, destination: app.grants.grant(where.target, 'write').handle }),
      'bad-file',
      damaged,
      /backup/,
    );
    if (line === 1) await refused(app.call('versions.list', { model: name }), 'bad-file', 'Entry 1 is damaged', /backup/);
    else expect((await app.call('versions.list', { model: name })).versions.length).toBeGreaterThan(0);
    const found = await app.run('audit.verify', { model: name });
    expect(found.problems).toMatchObject([
      { entry: line, what: 'form', message: expect.stringContaining(`Entry ${line} is damaged`) as string },
    ]);

    writeFileSync(join(model, 'ledger', 'journal.jsonl'), whole);
    expect((await app.call('library.list', {})).models).toMatchObject([{ name: NAME, state: 'intact' }]);
    await app.call('audit.note', { model: NAME, comment: 'Brought back' });
    expect((await app.run('audit.verify', { model: NAME, record: false })).problems).toEqual([]);
  });

  it('or lost is told in the list, and when the model is asked for or imported again', async () => {
    const { app } = await opened((_, model) => rmSync(join(model, 'ledger', 'journal.jsonl')));
    const { models, notices } = await app.call('library.list', {});
    expect(models).toEqual([]);
    expect(notices).toMatchObject([
      {
        message: expect.stringMatching(/cannot be opened: There is no ledger in .*journal\.jsonl/) as string,
        hint: expect.stringMatching(/\w/) as string,
      },
    ]);
    await refused(app.call('library.get', { model: NAME }), 'bad-file', 'no journal.jsonl');
    await refused(app.run('library.import', { source: app.grants.grant(scene.model).handle }), 'bad-file', 'no journal.jsonl');
  });

  it('by a missing delta is told when its version is asked, reverted to, or verified', async () => {
    const { app, model } = await opened((_, folder) => rmSync(join(folder, 'versions'), { recursive: true }));
    const blob = await deltaOf(app, 2);
    renameSync(blobFile(model, blob), join(model, 'aside'));
    const missing = new RegExp(`delta of entry 2.*Blob ${blob} .*missing`);
    await refused(app.run('probing.ask', { model: NAME, prompt: 'Ada lives in' }), 'bad-file', missing, /backup/);
    await refused(app.run('versions.revert', { model: NAME, entry: 3, reason: 'Eve moved' }), 'bad-file', missing, /backup/);
    expect((await app.run('audit.verify', { model: NAME, record: false })).problems).toMatchObject([
      { entry: 2, what: 'blob', message: expect.stringContaining(blob) as string },
    ]);
    expect((await app.call('audit.entry', { model: NAME, seq: 2 })).evidence.find((one) => one.role === 'delta')?.present).toBe(false);
    expect((await app.run('probing.ask', { model: NAME, version: 'base', prompt: 'Ada lives in', maxTokens: 2 })).pieces).toHaveLength(2);
    renameSync(join(model, 'aside'), blobFile(model, blob));
    expect((await app.run('probing.ask', { model: NAME, prompt: 'Ada lives in', maxTokens: 2 })).pieces).toHaveLength(2);
  });

  it('by an imported file that changed is told when the model is asked, by verifying, and not exported', async () => {
    const { app, where } = await opened((_, model) => {
      rmSync(join(model, 'versions'), { recursive: true });
      const data = join(model, 'model', 'onnx', 'model.onnx_data');
      const bytes = readFileSync(data);
      chmodSync(data, 0o644);
      writeFileSync(
        data,
        bytes.map((byte) => byte ^ 1),
      );
    });
    await refused(
      app.run('probing.ask', { model: NAME, prompt: 'Ada lives in' }),
      'bad-file',
      /imported file onnx\/model\.onnx_data changed since it was imported/,
      /backup/,
    );
    expect((await app.run('audit.verify', { model: NAME, record: false })).problems).toMatchObject([
      { entry: 1, what: 'file', message: expect.stringContaining('onnx/model.onnx_data') as string },
    ]);
    const destination = app.grants.grant(where.target, 'write').handle;
    await refused(
      app.run('exports.start', { model: NAME, version: 'base', destination }),
      'bad-file',
      'onnx/model.onnx_data changed since it was imported',
      /backup/,
    );
    expect(existsSync(where.target)).toBe(false);
  });

  it('by a file that was put among the imported ones is told by verifying, and not exported', async () => {
    const { app, where } = await opened((_, model) => writeFileSync(join(model, 'model', 'added_tokens.json'), '{}'));
    expect((await app.run('audit.verify', { model: NAME, record: false })).problems).toMatchObject([
      { entry: 1, what: 'file', message: expect.stringContaining('added_tokens.json') as string },
    ]);
    const destination = app.grants.grant(where.target, 'write').handle;
    const exported = app.run('exports.start', { model: NAME, destination });
    await refused(exported, 'bad-file', 'added_tokens.json is no file of the import', /backup/);
    expect(existsSync(where.target)).toBe(false);
  });
});

// Root may read and write everything, so another user does this: nobody, or whoever runs the tests.
const isRoot = process.getuid?.() === 0;
describe('a record that is whole where nothing can be written', () => {
  const usual = process.env['TMPDIR'];
  afterEach(() => {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
  });

  it('is verified without its folder of versions; what could not be checked is no damage, and is not recorded as such', async () => {
    const { app } = await opened((_, model) => {
      rmSync(join(model, 'versions'), { recursive: true, force: true });
      writeFileSync(join(model, 'versions'), 'in the way');
    });
    expect(await app.run('audit.verify', { model: NAME, record: false })).toMatchObject({
      ok: true,
      problems: [],
      verdict: { unchecked: [] },
    });
    if (process.platform === 'win32') return; // which does not ask TMPDIR
    process.env['TMPDIR'] = '/nowhere/at/all';
    const nowhere = await app.run('audit.verify', { model: NAME });
    expect(nowhere).toMatchObject({ ok: true, problems: [] });
    expect(nowhere.verdict.unchecked.length).toBeGreaterThan(0);
    const { rows, total } = await app.call('audit.list', { model: NAME });
    expect(rows.find(({ seq }) => seq === total)).toMatchObject({ kind: 'verify' });
    expect((await app.call('audit.entry', { model: NAME, seq: total })).body).toMatchObject({ ok: true });
  });
});

describe.skipIf(process.platform === 'win32')('a person who may not', () => {
  const NOBODY = 65_534;
  let built: { program: string; remove: () => void };
  beforeAll(async () => void (built = await buildHolder()));
  afterAll(() => built.remove());

  /** An application of that person, in a data folder. */
  function theirs(folder: string): OtherProcess {
    return new OtherProcess(built.program, folder, {
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
      env: { ...process.env, HOME: folder },
    });
  }

  /** Lets everyone into folders and at files, or keeps writing to the owner, or keeps everything to the owner. */
  function allow(folder: string, what: 'all' | 'read' | 'nothing'): void {
    const [folders, files] = { all: [0o777, 0o666], read: [0o555, 0o444], nothing: [0o000, 0o000] }[what] as [number, number];
    for (const entry of existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [])
      chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? folders : files);
    chmodSync(folder, folders);
  }

  it('write to the library can read it, and is told at the first act', async () => {
    const where = prepared(scene, { ...ACTS[1]!, prepare: () => undefined });
    chmodSync(join(where.library, '..'), 0o755);
    allow(where.library, 'read');
    const app = theirs(where.library);
    try {
      expect(await app.opened).toEqual({ ok: true });
      expect(await app.call('library.list')).toMatchObject({
        ok: true,
        value: { models: [{ name: NAME, says: expect.stringContaining('permission was refused') as string }] },
      });
      expect(await app.run('probing.ask', { model: NAME, prompt: 'Ada lives in', maxTokens: 2 })).toMatchObject({ ok: true });
      const verified = await app.run('audit.verify', { model: NAME });
      expect(verified).toMatchObject({ ok: true, value: { ok: true, problems: [] } });
      expect(verified).not.toMatchObject({ value: { recorded: expect.anything() as number } });
      expect(await app.call('audit.note', { model: NAME, comment: 'More' })).toMatchObject({
        ok: false,
        error: {
          code: 'failed',
          message: expect.stringMatching(/ledger.*permission was refused/) as string,
          hint: expect.stringContaining('right') as string,
        },
      });
    } finally {
      await app.kill();
      allow(where.library, 'all');
    }
  });

  it('read the library is told so at once', async () => {
    const { library } = prepared(scene, ACTS[1]!);
    chmodSync(join(library, '..'), 0o755);
    chmodSync(library, 0o000);
    const app = theirs(library);
    try {
      expect(await app.opened).toMatchObject({
        ok: false,
        error: {
          code: 'failed',
          message: expect.stringMatching(/library.*permission was refused/) as string,
          hint: expect.stringContaining('right') as string,
        },
      });
    } finally {
      await app.kill();
      chmodSync(library, 0o755);
    }
  });

  it('read a model or write where an export is to go is told so, and nothing changes', async () => {
    const where = prepared(scene, { ...ACTS[1]!, prepare: () => undefined });
    chmodSync(join(where.library, '..'), 0o755);
    allow(where.library, 'all');
    const model = source(() => undefined);
    chmodSync(join(model, '..'), 0o755);
    const unreadable = source((folder) => chmodSync(join(folder, 'onnx', 'model.onnx'), 0o000));
    chmodSync(join(unreadable, '..'), 0o755);
    chmodSync(join(model, 'config.json'), 0o000);
    chmodSync(where.out, 0o555);
    const app = theirs(where.library);
    try {
      expect(await app.opened).toEqual({ ok: true });
      expect(await app.run('library.import', { source: `path:${model}`, name: 'other' })).toMatchObject({
        ok: false,
        error: {
          code: 'failed',
          message: expect.stringMatching(/config\.json|source/) as string,
          hint: expect.stringContaining('read') as string,
        },
      });
      expect(await app.run('library.import', { source: `path:${unreadable}`, name: 'other' })).toMatchObject({
        ok: false,
        error: {
          code: 'bad-file',
          message: expect.stringMatching(/model\.onnx cannot be opened/) as string,
          hint: expect.stringContaining('read') as string,
        },
      });
      expect(await app.run('exports.start', { model: NAME, destination: `path:${where.target}` })).toMatchObject({
        ok: false,
        error: { code: 'failed', message: expect.stringMatching(/out/) as string, hint: expect.stringMatching(/right|write/) as string },
      });
      expect(await app.call('library.list')).toMatchObject({
        ok: true,
        value: {
          models: [{ name: NAME }],
          notices: expect.arrayContaining([
            expect.objectContaining({ message: expect.stringContaining('may read the signing key') as string }),
          ]) as unknown,
        },
      });
      expect(readdirSync(where.out)).toEqual([]);
    } finally {
      await app.kill();
      chmodSync(where.out, 0o755);
    }
  });
});
