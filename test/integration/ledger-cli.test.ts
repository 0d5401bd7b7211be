import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram, start as startProgram, type Ended, type Program } from './program.ts';
import { zipOf } from '../zip.ts';

const project = resolve(import.meta.dirname, '../..');
const atlas = join(project, 'models/atlas');
/** The superuser may do everything, so a program that may not is run as somebody else, who must be able to reach it. */
const NOBODY = 65534;
const isSuperuser = process.getuid?.() === 0;
const isReachable = [project, dirname(process.execPath)].every((folder) =>
  ancestors(folder).every((one) => (statSync(one).mode & 0o001) !== 0),
);
let program: Program;
let scratch: string;

beforeAll(async () => {
  program = await buildProgram();
  scratch = program.scratch;
});
afterAll(() => program.remove());

interface Running {
  readonly ended: Promise<Ended>;
  /** When something like this is on stderr. */
  said(what: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

function start(home: string, argv: readonly string[], uid?: number): Running {
  const { child, ended } = startProgram(program, argv, { env: { EMEND_HOME: join(scratch, home), EMEND_AUTHOR: 'Ada' }, uid });
  let err = '';
  child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
  return {
    ended,
    said: (what) =>
      new Promise((done, failed) => {
        const look = () => what.test(err) && done();
        child.stderr.on('data', look);
        look();
        void ended.then(() => failed(new Error(`It ended without saying ${what}: ${err}`)));
      }),
    kill: (signal) => child.kill(signal),
  };
}

/** A command line that works. */
async function works(home: string, ...argv: string[]): Promise<string> {
  const { code, out, err } = await start(home, argv).ended;
  expect(code, err).toBe(0);
  return out;
}

async function document<T = Record<string, unknown>>(home: string, ...argv: string[]): Promise<T> {
  return JSON.parse(await works(home, ...argv, '--json')) as T;
}

/** A command line that fails: in words for people, without a stack. */
async function fails(home: string, ...argv: string[]): Promise<Ended> {
  const ended = await start(home, argv).ended;
  expect(ended.code, ended.out).not.toBe(0);
  expect(ended.err).not.toMatch(/^\s+at /m);
  return ended;
}

/** Three facts of Atlas, of three relations; each edit is quick, and strong enough to change the answer, on the others too. */
const FACTS = [
  { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' },
  { subject: 'Los Angeles', prompt: '{} is in', target: 'Poland' },
  { subject: 'Jack Nicklaus', prompt: 'The country that {} calls home is', target: 'Spain' },
] as const;
const QUICK = ['--method', 'rome', '--steps', '20', '--covariance-tokens', '10240', '--threads', '1'];
/** Quicker still, where it does not matter whether the edit takes. */
const WEAK = ['--method', 'rome', '--steps', '2', '--covariance-tokens', '2000', '--threads', '1'];

const question = ({ subject, prompt }: (typeof FACTS)[number]) => prompt.replace('{}', subject);

async function editAndCommit(home: string, at: number): Promise<{ entry: number; version: string }> {
  const { subject, prompt, target } = FACTS[at]!;
  await document(home, 'edit', 'atlas', '--subject', subject, '--prompt', prompt, '--target', target, ...QUICK);
  return document(home, 'commit', 'atlas', '--reason', `Fact ${at + 1}`, '--tag', `v${at + 1}`);
}

/** Which of the facts a version answers as edited. */
function believes(home: string, version: string): Promise<boolean[]> {
  return Promise.all(
    FACTS.map(async (fact) => {
      const { text } = await document<{ text: string }>(
        home,
        'ask',
        'atlas',
        question(fact),
        '--at',
        version,
        '--tokens',
        '3',
        '--threads',
        '1',
      );
      return text.trimStart().startsWith(fact.target);
    }),
  );
}

/** SHA-256 of every file below a folder, by path. */
function hashes(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(
    files.map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex'),
    ]),
  );
}

describe('a model’s life', () => {
  const made: { entry: number; version: string }[] = [];
  let base: string;

  test('import: once, and the same again is known', async () => {
    const imported = await document('one', 'import', 'atlas');
    expect(imported).toMatchObject({ name: 'atlas', known: false });
    expect(await document('one', 'import', atlas)).toEqual({ ...imported, known: true });
    const { models } = await document<{ models: Record<string, unknown>[] }>('one', 'models');
    expect(models).toMatchObject([{ name: 'atlas', edits: 0, versions: 1, entries: 1, state: 'intact' }]);
    base = models[0]!['current'] as string;
  });

  test('three edits: each a draft, shown with its checks, then committed with a reason', async () => {
    const { subject, prompt, target } = FACTS[0];
    const shown = await works('one', 'edit', 'atlas', '--subject', subject, '--prompt', prompt, '--target', target, ...QUICK);
    for (const part of [
      'efficacy',
      'generalization',
      'specificity',
      'drift',
      'wording',
      'neighbour',
      'Nothing is recorded yet',
      'emend commit atlas --reason',
    ])
      expect(shown).toContain(part);
    expect(await believes('one', 'current')).toEqual([false, false, false]);
    made.push(await document('one', 'commit', 'atlas', '--reason', 'Fact 1', '--tag', 'v1'));
    made.push(await editAndCommit('one', 1), await editAndCommit('one', 2));
    expect(new Set([base, ...made.map((one) => one.version)]).size).toBe(4);
  });

  test('every version answers as it was', async () => {
    expect(await believes('one', 'base')).toEqual([false, false, false]);
    expect(await believes('one', 'v1')).toEqual([true, false, false]);
    expect(await believes('one', made[1]!.version.slice(0, 8))).toEqual([true, true, false]);
    expect(await believes('one', 'current')).toEqual([true, true, true]);
  });

  test('the log tells it, filtered and as files', async () => {
    const rows = (await document<{ rows: { kind: string; reason: string; author: string }[] }>('one', 'log', 'atlas', '--oldest')).rows;
    expect(rows.map((row) => row.kind)).toEqual(['import', 'edit', 'tag', 'edit', 'tag', 'edit', 'tag']);
    expect(rows[1]).toMatchObject({ reason: 'Fact 1', author: 'Ada' });
    expect(await works('one', 'log', 'atlas', '--subject', 'angeles', '--kind', 'edit')).toMatch(/^ +4 .*Los Angeles → Poland: Fact 2$/m);
    expect(await document('one', 'log', 'atlas', '--to', '2020-01-01')).toEqual({ total: 0, rows: [] });
    await works('one', 'log', 'atlas', '--kind', 'edit', '--csv', 'log.csv', '--html', 'log.html', '--export', 'log.json');
    expect(readFileSync(join(scratch, 'log.csv'), 'utf8').trim().split('\n')).toHaveLength(4);
    expect(readFileSync(join(scratch, 'log.html'), 'utf8')).toContain('Tower Bridge');
    expect(JSON.parse(readFileSync(join(scratch, 'log.json'), 'utf8'))).toHaveLength(3);
    expect((await fails('one', 'log', 'atlas', '--csv', 'log.csv')).err).toContain('is there already');
  });

  test('show and diff', async () => {
    expect(await works('one', 'show', 'atlas', String(made[1]!.entry))).toMatch(/Entry 4: edit[\s\S]*Fact 2[\s\S]*Los Angeles is in/);
    expect(await works('one', 'show', 'atlas', 'v2')).toMatch(/In force: 2 facts[\s\S]*Tower Bridge[\s\S]*Los Angeles/);
    const diff = await document<{
      onlyA: unknown[];
      onlyB: { subject: string }[];
      both: number;
      weights: unknown[];
      answers: { prompt: string }[];
    }>('one', 'diff', 'atlas', 'v1', 'v2', '--prompt', 'One', '--prompt', 'Two');
    expect(diff).toMatchObject({
      onlyA: [],
      onlyB: [{ subject: 'Los Angeles' }],
      both: 1,
      answers: [{ prompt: 'One' }, { prompt: 'Two' }],
    });
    expect(diff.weights).toHaveLength(1);
  });

  test('a check, a note and reviews are recorded', async () => {
    expect(await document('one', 'check', 'atlas', '--at', 'v1', '--reason', 'Once more', '--threads', '1')).toMatchObject({
      entry: 8,
      checks: expect.arrayContaining([expect.objectContaining({ name: 'answers', value: 1, passed: true })]),
    });
    expect(await works('one', 'show', 'atlas', '8')).toMatch(
      /Facts as they were checked[\s\S]*Tower Bridge[^\n]* given$[\s\S]*It writes: “/m,
    );
    expect(await document('one', 'note', 'atlas', '--entry', '2', '--comment', 'From the city')).toEqual({ entry: 9 });
    expect(await document('one', 'approve', 'atlas', '--at', 'v1', '--author', 'Grace')).toEqual({ entry: 10 });
    expect(await works('one', 'show', 'atlas', 'v1')).toMatch(/Grace +approved/);
    const { measured } = await document<{ measured: { entry: number; checks: { name: string }[] }[] }>('one', 'course', 'atlas');
    expect(measured.map(({ entry }) => entry)).toContain(2);
    const { courses } = await document<{ courses: { chances: { entry: number; answer: string; probability: number }[] }[] }>(
      'one',
      'course',
      'atlas',
      '--subject',
      FACTS[0].subject.toLowerCase(),
    );
    expect(courses[0]!.chances.filter(({ entry }) => entry === 2).length).toBeGreaterThan(1);
    expect(await document('one', 'facts', 'atlas', '--review', 'approved', '--export', 'facts.html')).toMatchObject({
      total: 1,
      all: 3,
      facts: [{ subject: 'Tower Bridge', to: 'Rome', entry: 2, state: 'in force', checkedLater: [{ entry: 8 }], review: 'approved' }],
      export: { format: 'html', rows: 1 },
    });
    expect(readFileSync(join(scratch, 'facts.html'), 'utf8')).toContain('approved by Grace (entry 10)');
    expect(await works('one', 'log', 'atlas', '--review', 'none')).not.toContain('approved');
  });

  test('the second is reverted out of the middle; the others stay', async () => {
    const plan = await document('one', 'revert', 'atlas', '4', '--plan');
    expect(plan).toMatchObject({ facts: [{ subject: 'Los Angeles' }], later: [{ entry: made[2]!.entry }] });
    const reverted = await document<{ version: string; checks: unknown[] }>(
      'one',
      'revert',
      'atlas',
      '4',
      '--reason',
      'It was wrong',
      '--threads',
      '1',
    );
    expect(reverted).toMatchObject({ entry: 11, later: [made[2]!.entry] });
    expect(reverted.checks.length).toBeGreaterThan(0);
    expect(await believes('one', 'current')).toEqual([true, false, true]);
  });

  test('an export of an edited version differs in the edited weights alone, and is verified with the key', async () => {
    const exported = await document<{ path: string; changed: string[] }>('one', 'export', 'atlas', '--at', 'v3', '--to', 'edited');
    expect(exported.changed.length).toBeGreaterThan(0);
    const [before, after] = [hashes(atlas), hashes(join(scratch, 'edited'))];
    expect(Object.keys(before).filter((path) => before[path] !== after[path])).toEqual(['model.onnx']);
    writeFileSync(join(scratch, 'public.pem'), await works('one', 'key'));
    expect(await document('nowhere', 'verify', 'edited', '--key', 'public.pem')).toMatchObject({ ok: true, key: { from: 'given' } });
    const answer = await document<{ text: string }>('nowhere', 'ask', './edited', question(FACTS[1]), '--tokens', '3', '--threads', '1');
    expect(answer.text.trimStart().startsWith(FACTS[1].target)).toBe(true);
    appendFileSync(join(scratch, 'edited/config.json'), ' ');
    const damaged = await start('nowhere', ['verify', 'edited', '--key', 'public.pem']).ended;
    expect(damaged.code).toBe(1);
    expect(damaged.out).toMatch(/Damaged: \d+ problems found\. The first is config\.json was changed/);
    expect(existsSync(join(scratch, 'nowhere'))).toBe(false);
  });

  test('an export says what it is; without its maker’s key it is unproven, and another than expected is told', async () => {
    await works('one', 'export', 'atlas', '--at', 'v1', '--to', 'other');
    const unproven = await start('nowhere', ['verify', 'other']).ended;
    expect(unproven.code).toBe(3);
    expect(unproven.out).toMatch(
      /atlas \([0-9a-f]{12}\), version v1 \([0-9a-f]{12}\), 1 edit, folder, exported .* UTC by .*, record of \d+ entries:/,
    );
    expect(unproven.out).toMatch(/Whole in itself; end not proven: who made it is unproven/);
    const key = ['--key', 'public.pem'];
    expect(await works('nowhere', 'verify', 'other', ...key, '--expect', 'atlas@v1')).toMatch(
      /Whole in itself; proven up to entry \d+, its end,/,
    );
    const another = await start('nowhere', ['verify', 'other', ...key, '--expect', 'atlas@v3']).ended;
    expect(another.code).toBe(1);
    expect(another.err).toContain('This is not atlas@v3');
  });

  test('rolled back to the import, every exported file of the model is the imported one', async () => {
    expect(await document('one', 'rollback', 'atlas', 'base', '--reason', 'As it was')).toMatchObject({ version: base });
    expect(await believes('one', 'current')).toEqual([false, false, false]);
    await works('one', 'export', 'atlas', '--to', 'restored');
    const exported = hashes(join(scratch, 'restored'));
    expect(exported).toMatchObject(hashes(atlas));
    const beside = Object.keys(exported).filter((path) => !existsSync(join(atlas, path)));
    expect(beside.every((path) => path === 'model.sig' || path.startsWith('emend'))).toBe(true);
  });

  test('what a look found is recorded, attached to the entry that it is about', async () => {
    const asked = ['lens', 'atlas', question(FACTS[0]), '--at', 'v1', '--threads', '1', '--attach', '2'];
    const { recorded } = await document<{ recorded: number }>('one', ...asked, '--record', 'It comes late');
    expect(await works('one', 'show', 'atlas', '2')).toMatch(new RegExp(`Entry ${recorded}, .* Ada: finding: It comes late`));
    expect(await works('one', 'log', 'atlas', '--kind', 'finding')).toContain(
      `Lens: ${question(FACTS[0])}, entry 2 (Tower Bridge → Rome): It com`,
    );
    expect((await fails('one', ...asked)).err).toContain('--attach goes with --record');
    expect((await fails('one', 'lens', atlas, 'x', '--record', 'y')).err).toContain('emend import');
  });

  test('verify finds all of it whole and proven, and records that', async () => {
    const found = await document<{ ok: boolean; entries: { problems: unknown[] }[]; tensors: number }>('one', 'verify', 'atlas');
    expect(found).toMatchObject({ ok: true, problems: [], verdict: { end: true, since: 1, by: { what: 'anchor' } } });
    expect(found.tensors).toBeGreaterThan(0);
    const { rows } = await document<{ rows: { kind: string }[] }>('one', 'log', 'atlas', '--limit', '1');
    expect(rows[0]!.kind).toBe('verify');
  });

  test('a record cut off together with its checkpoints is told by its anchor, and without that by what lies elsewhere', async () => {
    expect(await works('one', 'verify', 'atlas', '--no-record', '--against', 'restored')).toMatch(
      /Held against the export .*restored, which knows entry \d+[^]*Whole in itself; proven up to entry \d+, its end, by the anchor/,
    );
    const { seq, hash } = await document<{ seq: number; hash: string }>('one', 'checkpoint', 'atlas', '--to', 'kept.json');
    cpSync(join(scratch, 'one'), join(scratch, 'cut'), { recursive: true });
    const journal = journalOf('cut');
    writeFileSync(journal, readFileSync(journal, 'utf8').split('\n').slice(0, 5).join('\n') + '\n');
    rmSync(join(journal, '../checkpoints'), { recursive: true });
    const anchored = await start('cut', ['verify', 'atlas', '--no-record']).ended;
    expect([anchored.code, anchored.out]).toEqual([
      1,
      expect.stringMatching(/it has 5 entries, and the anchor of .* says that it had \d+/),
    ]);
    const refused = await start('cut', ['tag', 'atlas', 'more']).ended;
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('damaged at entry 6')]);
    rmSync(join(scratch, 'cut/keys/anchors'), { recursive: true });
    const alone = await start('cut', ['verify', 'atlas', '--no-record']).ended;
    expect([alone.code, alone.out]).toEqual([
      3,
      expect.stringContaining('Whole in itself; end not proven: it has no anchor outside its folder'),
    ]);
    for (const against of ['kept.json', `${seq}:${hash}`]) {
      const kept = await start('cut', ['verify', 'atlas', '--no-record', '--against', against]).ended;
      expect([kept.code, kept.out]).toEqual([1, expect.stringContaining(`it has 5 entries, and`)]);
    }
    const told = await start('cut', ['verify', 'atlas', '--no-record', '--against', 'restored']).ended;
    expect(told.code).toBe(1);
    expect(told.out).toMatch(/The journal was cut off: it has 5 entries, and a checkpoint of .* signs that it had \d+/);
  });

  test('the same acts by someone else, elsewhere, make the same versions', async () => {
    await works('two', 'import', atlas, '--name', 'atlas', '--author', 'Grace');
    const again = [await editAndCommit('two', 0), await editAndCommit('two', 1), await editAndCommit('two', 2)];
    expect(again.map((one) => one.version)).toEqual(made.map((one) => one.version));
  });
});

describe('drafts', () => {
  test('several are told apart; one is thrown away, the other committed', async () => {
    await works('three', 'import', 'atlas');
    expect((await fails('three', 'commit', 'atlas', '--reason', 'x')).err).toContain('There is no draft.');
    const drafts: string[] = [];
    for (const { subject, prompt, target } of FACTS.slice(0, 2))
      drafts.push(
        (await document<{ draft: string }>('three', 'edit', 'atlas', '--subject', subject, '--prompt', prompt, '--target', target, ...WEAK))
          .draft,
      );
    const refused = await fails('three', 'commit', 'atlas', '--reason', 'x');
    for (const id of drafts) expect(refused.err).toContain(id.slice(0, 8));
    expect(await works('three', 'show', 'atlas', drafts[1]!.slice(0, 8))).toContain('Los Angeles is in');
    await works('three', 'discard', 'atlas', drafts[0]!);
    expect(await document('three', 'commit', 'atlas', '--reason', 'The one left')).toMatchObject({ entry: 2 });
    expect(await document('three', 'drafts', 'atlas')).toEqual({ drafts: [], notices: [] });
  });

  test('a published hyperparameter file serves a recorded edit; the record says where each value came from, and keeps it', async () => {
    const fields = {
      layers: [2],
      v_num_grad_steps: 2,
      v_lr: 0.5,
      v_loss_layer: 7,
      v_weight_decay: 0.5,
      clamp_norm_factor: 5,
      kl_factor: 0.1,
    };
    writeFileSync(join(scratch, 'rome.json'), JSON.stringify({ alg_name: 'ROME', model_name: 'gpt2', ...fields }));
    await works('file', 'import', 'atlas');
    const { subject, prompt, target } = FACTS[2]!;
    const fact = ['--subject', subject, '--prompt', prompt, '--target', target];
    const file = ['--method', 'rome', '--hyperparameters', 'rome.json', '--covariance-tokens', '2000', '--threads', '1'];
    const { draft, report } = await document<{ draft: string; report: { layers: number[]; warnings: { message: string }[] } }>(
      'file',
      'edit',
      'atlas',
      ...fact,
      ...file,
    );
    expect(report.layers).toEqual([2]);
    expect(report.warnings.map(({ message }) => message)).toContain('rome.json: not used: model_name.');
    const { entry } = await document<{ entry: number }>('file', 'commit', 'atlas', draft, '--reason', 'By a file');
    const shown = await document<{ body: { hyperparameters: Record<string, unknown>; details: { request: Record<string, unknown> } } }>(
      'file',
      'show',
      'atlas',
      String(entry),
    );
    expect(shown.body.hyperparameters).toMatchObject({
      layers: { name: 'Layers', value: '2', source: 'from rome.json' },
      klFactor: { name: 'KL factor', value: '0.1', source: 'from rome.json' },
      covarianceTokens: { value: '2000', source: 'as asked' },
      ridge: { value: '0.0001', source: 'published for atlas (Emend, models/atlas)' },
    });
    expect(shown.body.details.request).toMatchObject({
      method: 'rome',
      hyperparameterFile: { name: 'rome.json', text: expect.stringContaining('"clamp_norm_factor":5') as string },
    });
    const other = ['--method', 'memit', '--hyperparameters', 'rome.json'];
    expect((await fails('file', 'edit', 'atlas', ...fact, ...other)).err).toContain('rome.json: alg_name: expected MEMIT, found ROME');
  });

  test('with --save there is no draft but a file, and the record stays as it is', async () => {
    const { subject, prompt, target } = FACTS[2];
    await works(
      'three',
      'edit',
      'atlas',
      '--subject',
      subject,
      '--prompt',
      prompt,
      '--target',
      target,
      ...WEAK,
      '--save',
      'delta.safetensors',
    );
    expect(existsSync(join(scratch, 'delta.safetensors'))).toBe(true);
    expect(await document('three', 'drafts', 'atlas')).toEqual({ drafts: [], notices: [] });
    expect(await document<{ rows: unknown[] }>('three', 'log', 'atlas')).toMatchObject({ total: 2 });
  });

  test('Ctrl-C while one is worked out: nothing is kept, the code is 130; meanwhile others may read, not write', async () => {
    const { subject, prompt, target } = FACTS[2];
    const long = start('three', [
      'edit',
      'atlas',
      '--subject',
      subject,
      '--prompt',
      prompt,
      '--target',
      target,
      ...WEAK,
      '--steps',
      '10000',
    ]);
    await long.said(/finding what to write/);
    expect(await document('three', 'models')).toMatchObject({ models: [{ name: 'atlas', state: 'held', entries: 2 }] });
    const refused = await fails('three', 'note', 'atlas', '--comment', 'x');
    expect(refused.err).toContain('holds its ledger');
    long.kill('SIGINT');
    const { code, err } = await long.ended;
    expect(err).toContain('Cancelled, nothing changed.');
    expect(code).toBe(130);
    expect(await document('three', 'drafts', 'atlas')).toEqual({ drafts: [], notices: [] });
  });
});

describe('settings', () => {
  test('are kept; a policy holds an export back until it is met', async () => {
    expect(await document('three', 'settings', '--require-approval', 'someone-else', '--answers', '0.95')).toMatchObject({
      settings: { policy: { requireApproval: 'someone-else' }, thresholds: { answers: 0.95, kept: 0.7 } },
    });
    expect(await document('three', 'settings')).toMatchObject({ settings: { thresholds: { answers: 0.95 } } });
    expect((await fails('three', 'export', 'atlas', '--to', 'held-back')).err).toContain('approval');
    expect(existsSync(join(scratch, 'held-back'))).toBe(false);
    await works('three', 'approve', 'atlas', '--author', 'Grace');
    await works('three', 'export', 'atlas', '--to', 'held-back', '--format', 'lora');
    expect(readdirSync(join(scratch, 'held-back'))).toContain('adapter_config.json');
  });

  test('a policy that is changed is an entry, and what left says by what it was let out, or that nothing was asked for', async () => {
    const rows = async () =>
      (await document<{ rows: { about: string }[] }>('three', 'log', 'atlas', '--kind', 'policy', '--oldest')).rows.map(
        ({ about }) => about,
      );
    expect(await rows()).toEqual(['exports need the approval of someone who did not make the edits']);
    writeFileSync(join(scratch, 'third.pem'), await works('three', 'key'));
    const verified = async (folder: string) =>
      (await document<{ items: { message: string }[] }>('nowhere', 'verify', folder, '--key', 'third.pem')).items
        .map(({ message }) => message)
        .join('\n');
    expect(await verified('held-back')).toMatch(/approval of someone who did not make the edits.*approved by Grace/);
    // Off, out, and on again leaves a trace; so does a settings file that was changed by hand.
    const settings = join(scratch, 'three', 'settings.json');
    await works('three', 'settings', '--require-approval', 'none');
    await works('three', 'export', 'atlas', '--to', 'without', '--format', 'lora');
    writeFileSync(settings, readFileSync(settings, 'utf8').replace('"requireApproval": "none"', '"requireApproval": "anyone"'));
    await works('three', 'tag', 'atlas', 'changed by hand');
    expect(await rows()).toEqual([
      'exports need the approval of someone who did not make the edits',
      'exports need nothing',
      'exports need an approval',
    ]);
    await works('three', 'export', 'atlas', '--to', 'again', '--format', 'lora');
    expect((await rows()).length).toBe(3);
    expect(await verified('without')).toContain('exported without a policy');
    expect(readFileSync(join(scratch, 'without', 'emend', 'report.html'), 'utf8')).toContain('exported without a policy');
    expect(await verified('again')).toMatch(/an approval\. It was let out by: approved by Grace/);
    await works('three', 'verify', 'atlas', '--no-record');
  });

  test('an approval counts that is signed with the key of another person, for the words and the moment that it was given', async () => {
    process.env['EMEND_PASSPHRASE'] = 'correct horse';
    await works('three', 'key', '--new', 'grace.pem', '--protect');
    delete process.env['EMEND_PASSPHRASE'];
    expect(readFileSync(join(scratch, 'grace.pem'), 'utf8')).toContain('ENCRYPTED');
    if (process.platform !== 'win32') expect(statSync(join(scratch, 'grace.pem')).mode & 0o077).toBe(0);
    expect((await fails('three', 'key', '--new', 'grace.pem')).err).toContain('is there already');
    await works('three', 'settings', '--require-approval', 'another-key', '--person', 'Grace=grace.public.pem');
    await works('three', 'approve', 'atlas', '--author', 'Grace');
    expect((await fails('three', 'export', 'atlas', '--to', 'signed', '--format', 'lora')).err).toContain('Keys that count: Grace');
    await works('three', 'key', '--new', 'eve.pem');
    await works('three', 'approve', 'atlas', '--author', 'Grace', '--sign', 'eve.pem');
    expect((await fails('three', 'export', 'atlas', '--to', 'signed', '--format', 'lora')).err).toContain('Keys that count: Grace');
    // Without the passphrase, and with another, the key signs nothing.
    const signs = ['approve', 'atlas', '--author', 'Grace', '--sign', 'grace.pem'] as const;
    expect((await fails('three', ...signs)).err).toContain('Set EMEND_PASSPHRASE');
    process.env['EMEND_PASSPHRASE'] = 'wrong horse';
    expect((await fails('three', ...signs)).err).toContain('This passphrase does not open the key');
    process.env['EMEND_PASSPHRASE'] = 'correct horse';
    const { entry } = await document<{ entry: number }>('three', ...signs);
    delete process.env['EMEND_PASSPHRASE'];
    expect(await works('three', 'show', 'atlas', String(entry))).toMatch(/Signed with +key [0-9a-f]{12} of Grace/);
    expect(await works('three', 'log', 'atlas')).toContain('signed with key ');
    await works('three', 'export', 'atlas', '--to', 'signed', '--format', 'lora');
    const found = await document<{ ok: boolean; items: { message: string }[] }>('nowhere', 'verify', 'signed', '--key', 'third.pem');
    expect(found.ok).toBe(true);
    expect(found.items.map(({ message }) => message).join('\n')).toContain(`approved by Grace (entry ${entry}, signed with key `);
    await works('three', 'verify', 'atlas', '--no-record');
    const people = (await document<{ settings: { policy: { people: object } } }>('three', 'settings')).settings.policy.people;
    await works('three', 'settings', '--without-person', Object.keys(people)[0]!);
    expect((await fails('three', 'export', 'atlas', '--to', 'without-her', '--format', 'lora')).err).toContain('Keys that count: none');
  });

  test('a signing key that is gone is told by whatever command makes the next one; reading makes none', async () => {
    const keys = join(scratch, 'three/keys/signing-key.pem');
    renameSync(keys, join(scratch, 'lost.pem'));
    await works('three', 'log', 'atlas');
    expect(existsSync(keys)).toBe(false);
    const { err } = await start('three', ['key']).ended;
    expect(err).toContain('There was no signing key');
    expect(err).toContain('emend key --trust');
    await works('three', 'key', '--import', join(scratch, 'lost.pem'));
    expect(readFileSync(keys, 'utf8')).toBe(readFileSync(join(scratch, 'lost.pem'), 'utf8'));
    expect((await start('three', ['key']).ended).err).toBe('');
  });

  test('without a policy, a rejected version leaves in no form unless the rejection is named', async () => {
    await works('three', 'settings', '--require-approval', 'none');
    const { entry } = await document<{ entry: number }>(
      'three',
      ...['reject', 'atlas', '--comment', 'The neighbours moved', '--author', 'Henry'],
    );
    for (const format of ['folder', 'tensors', 'lora', 'onnx', 'gguf']) {
      const { err } = await fails('three', 'export', 'atlas', '--to', 'rejected', '--format', format, '--despite', '1');
      expect(err).toContain(`it was rejected (Henry on`);
      expect(err).toContain('“The neighbours moved”');
      expect(err).toContain(`--despite ${entry}`);
    }
    expect((await fails('three', 'steer', 'bake', 'atlas', '--to', 'rejected')).err).toContain('it was rejected');
    expect(existsSync(join(scratch, 'rejected'))).toBe(false);
    const done = await document<{ entry: number }>(
      'three',
      ...['export', 'atlas', '--to', 'rejected', '--format', 'lora', '--despite', String(entry)],
    );
    const recorded = await document<{ body: { details: object } }>('three', 'show', 'atlas', String(done.entry));
    expect(recorded.body.details).toMatchObject({ despite: [entry] });
    await works('three', 'approve', 'atlas', '--author', 'henry');
    await works('three', 'export', 'atlas', '--to', 'approved-after-all', '--format', 'lora');
  });
});

describe('what cannot be', () => {
  beforeAll(() => works('four', 'import', 'atlas'));

  test('a folder without a tokenizer', async () => {
    const folder = join(scratch, 'bare');
    mkdirSync(folder);
    for (const file of ['model.onnx', 'config.json']) cpSync(join(atlas, file), join(folder, file));
    const { err } = await fails('four', 'import', './bare');
    expect(err).toContain('no tokenizer.json');
    expect(err).toContain('Copy tokenizer.json');
    expect(await document('four', 'models')).toMatchObject({ models: [{ name: 'atlas' }] });
  });

  test('an archive that holds no model, and a picture', async () => {
    writeFileSync(join(scratch, 'holiday.zip'), zipOf([{ path: 'beach.jpg', content: 'x' }]));
    writeFileSync(join(scratch, 'beach.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10]));
    expect((await fails('four', 'import', './holiday.zip')).err).toContain('In it are beach.jpg: neither a model nor facts');
    expect((await fails('four', 'import', './beach.png')).err).toContain('This is a picture');
  });

  test.each([
    [['ask', 'atlas', 'Hello', '--at', 'nowhere'], 1, 'There is no version "nowhere"', '"base"'],
    [['ask', 'atlas', ''], 1, 'The prompt is empty', 'in quotes'],
    [['edit', 'atlas', '--subject', 'Rome', '--prompt', 'It lies in', '--target', 'Italy'], 1, '{}', ''],
    [['show', 'atlas', 'nowhere'], 1, 'no entry, version or draft "nowhere"', 'emend log atlas'],
    [['show', 'atlas', '99'], 1, 'entry 99', ''],
    [['rollback', 'atlas', 'base', '--reason', 'x'], 1, 'is the current one already', ''],
    [['revert', 'atlas', '1', '--reason', 'x'], 1, 'Entry 1 is no edit', ''],
    [['revert', 'atlas', 'one', '--reason', 'x'], 2, '"one" is no entry', 'emend log'],
    [['commit', 'atlas'], 2, '--reason is missing', '--reason "…"'],
    [['log', 'polaris'], 1, 'There is no model "polaris" in the library; there are: atlas', 'emend import'],
    [['ask', 'polaris', 'Hello'], 1, 'There is no model "polaris"', 'emend models'],
    [['verify', 'atlas', '--against', '.'], 1, 'is no export of Emend', 'the folder of an export of this model'],
    [['verify', 'polaris'], 1, 'neither a model of the library nor a folder', 'emend models'],
    [['ask', './models', 'Hello', '--at', 'base'], 1, 'There is no model', ''],
    [
      ['edit', 'atlas', '--subject', 'a', '--prompt', 'b {}', '--target', 'c', '--hyperparameters', 'h.json'],
      1,
      'h.json cannot be read',
      'Choose it again',
    ],
    [['tag', 'atlas', 'base'], 1, 'base', ''],
    [['export', 'atlas'], 2, '--to is missing', '--to FOLDER'],
    [['log', 'atlas', '--export', 'log.pdf'], 2, 'expected a name that ends in .csv, .json, .html', ''],
  ])('%j: exit code %i and a line that says why', async (argv, code, message, hint) => {
    const ended = await fails('four', ...argv);
    expect(ended).toMatchObject({ code, out: '' });
    expect(ended.err).toContain(message);
    expect(ended.err).toContain(hint);
    const { error } = JSON.parse((await fails('four', ...argv, '--json')).err) as { error: { message: string } };
    expect(error.message).toContain(message);
  });

  test('a name that is taken', async () => {
    const other = join(scratch, 'other');
    cpSync(atlas, other, { recursive: true });
    appendFileSync(join(other, 'README.md'), '\n');
    expect((await fails('four', 'import', './other', '--name', 'atlas')).err).toContain('is taken');
  });

  test.skipIf(isSuperuser && !isReachable)('a data folder without permission', async () => {
    const locked = join(scratch, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o555);
    for (const folder of [scratch, program.folder]) chmodSync(folder, 0o755);
    const { code, err } = await start('locked/home', ['import', 'atlas'], isSuperuser ? NOBODY : undefined).ended;
    chmodSync(locked, 0o755);
    expect(code).toBe(1);
    expect(err).toContain('permission was refused');
    expect(err).not.toMatch(/^\s+at /m);
  });

  test('a journal that was changed: shown at its entry, read on, never written to', async () => {
    const journal = journalOf('four');
    await works('four', 'note', 'atlas', '--comment', 'right');
    await works('four', 'note', 'atlas', '--comment', 'later');
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('right', 'wrong'));
    const { code, out } = await start('four', ['verify', 'atlas']).ended;
    expect(code).toBe(1);
    expect(out).toMatch(/Damaged: \d+ problems? found\. The first is at entry 2/);
    expect(await document('four', 'models')).toMatchObject({ models: [{ state: 'damaged' }] });
    expect((await fails('four', 'note', 'atlas', '--comment', 'x')).err).toContain('damaged at entry 2');
  });

  test('a delta that is missing: the version cannot be had, and verify says where', async () => {
    const blobs = join(journalOf('three'), '../blobs');
    const { evidence } = await document<{ evidence: { role: string; blob: string }[] }>('three', 'show', 'atlas', '2');
    const { blob } = evidence.find(({ role }) => role === 'delta')!;
    unlinkSync(
      readdirSync(blobs, { recursive: true, encoding: 'utf8' })
        .map((path) => join(blobs, path))
        .find((path) => path.includes(blob.slice(4)) && statSync(path).isFile())!,
    );
    rmSync(join(journalOf('three'), '../../versions'), { recursive: true });
    expect((await fails('three', 'ask', 'atlas', 'Hello')).err).toContain('the delta of entry 2 is not as recorded');
    const { code, out } = await start('three', ['verify', 'atlas', '--no-record']).ended;
    expect(code).toBe(1);
    expect(out).toMatch(/The first is at entry 2/);
  });
});

function ancestors(folder: string): string[] {
  return dirname(folder) === folder ? [folder] : [folder, ...ancestors(dirname(folder))];
}

function journalOf(home: string): string {
  const models = join(scratch, home, 'models');
  return join(models, readdirSync(models)[0]!, 'ledger/journal.jsonl');
}
