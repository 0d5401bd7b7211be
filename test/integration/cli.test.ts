import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram, start, type Ended, type Program } from './program.ts';

const project = resolve(import.meta.dirname, '../..');
const atlas = join(project, 'models/atlas');
let program: Program;
let scratch: string;

beforeAll(async () => {
  program = await buildProgram();
  scratch = program.scratch;
});
afterAll(() => program.remove());

/** Runs a command line. @param onErr is told everything that is on stderr so far, and the process */
function emend(
  argv: readonly string[],
  onErr: (err: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Ended> {
  const { child, ended } = start(program, argv);
  let err = '';
  child.stderr.on('data', (piece: Buffer) => {
    err += piece.toString();
    onErr(err, (signal) => child.kill(signal));
  });
  return ended;
}

async function document(...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await emend([...argv, '--json']);
  expect(code, err).toBe(0);
  return JSON.parse(out) as Record<string, unknown>;
}

const FACT = ['--subject', 'Tower Bridge', '--prompt', '{} stands in the city of', '--target', 'Rome', '--previous', 'London'];
/** An edit that is small, not one that is good. */
const QUICK = ['--method', 'rome', '--layers', '1', '--steps', '4', '--covariance-tokens', '1200', '--threads', '1'];

describe('without a model', () => {
  test('shows version and help', async () => {
    expect((await emend(['--version'])).out).toMatch(/^emend \d+\.\d+\.\d+\n$/);
    const { code, out } = await emend([]);
    expect(code).toBe(0);
    for (const name of ['tour', 'inspect', 'ask', 'edit', 'check', 'export']) {
      expect(out).toContain(name);
      const help = await emend([name, '--help']);
      expect(help).toMatchObject({ code: 0, err: '', out: expect.stringContaining(`emend ${name}`) });
      expect(help.out).toContain('Examples:');
    }
  });

  test.each([
    [['polish'], 2, 'There is no command "polish".', 'Commands: '],
    [['chekc', 'atlas'], 2, 'no command', 'Did you mean: emend check?'],
    [['ask', 'atlas'], 2, 'the prompt is missing', 'emend ask --help'],
    [['edit', 'atlas'], 2, 'There is no fact to write.', '--facts'],
    [['edit', 'atlas', '--subject', 'Rome'], 2, '--prompt and --target missing', '{}'],
    [['edit', 'atlas', '--facts', 'f.json', '--subject', 'Rome'], 2, 'not from both', 'Leave one'],
    [['check', 'atlas', '--edits', '2', '--each'], 2, '--edits and --each do not go together', '--each'],
    [['check', 'atlas', '--gguf', 'a.gguf'], 2, '--gguf checks an edit', '--edit FILE'],
    [['check', 'atlas', '--gguf', 'a.gguf', '--each'], 2, 'an edit that is there already', 'leave --edits and --each out'],
    [['check', 'atlas', '--gguf', 'a.gguf', '--edit', 'x', '--no-drift'], 2, '--no-drift does not go with --gguf', 'Leave it out'],
    [['check', 'atlas', '--layers', '3'], 2, '--layers belongs to an edit', '--edits'],
    [['export', 'atlas'], 2, '--edit is missing', '--edit FILE'],
    [['inspect', 'atlsa'], 1, 'There is no model "atlsa"', 'built-in name'],
    [['export', 'atlas', '--edit', 'none.safetensors', '--to', 'x'], 1, 'There is no edit', 'emend edit --save'],
    [['check', 'atlas', '--facts', 'none.json'], 1, 'there is no such file', 'JSONL or CSV'],
  ])('%j ends with %i and says why', async (argv, code, message, hint) => {
    const plain = await emend(argv);
    expect(plain).toMatchObject({ code, out: '' });
    expect(plain.err).toContain(message);
    expect(plain.err).toContain(hint);
    expect(plain.err).not.toMatch(/^\s+at /m);
    const forPrograms = await emend([...argv, '--json']);
    expect(forPrograms).toMatchObject({ code, out: '' });
    const { error } = JSON.parse(forPrograms.err) as { error: { code: string; message: string; hint: string } };
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(error.code === 'usage').toBe(code === 2);
  });
});

describe('on the built-in model', () => {
  test('inspect', async () => {
    const found = await document('inspect', 'atlas');
    expect(found).toMatchObject({ graphFile: 'model.onnx', cache: true, warnings: [] });
    expect((found['layers'] as unknown[]).length).toBeGreaterThan(1);
    expect(await document('inspect', join(atlas, 'model.onnx'))).toMatchObject({ hiddenSize: found['hiddenSize'] });
  });

  test('ask writes on from the prompt and shows the next token', async () => {
    const { code, out, err } = await emend(['ask', 'atlas', 'The capital of France is', '--tokens', '5', '--top', '3']);
    expect(code, err).toBe(0);
    const answer = await document('ask', 'atlas', 'The capital of France is', '--tokens', '5', '--top', '3');
    expect(out).toContain(`The capital of France is${answer['text'] as string}`);
    const next = answer['next'] as { token: string; probability: number }[];
    expect(next.map((one) => one.probability)).toEqual(next.map((one) => one.probability).sort((a, b) => b - a));
    for (const one of next) expect(out).toContain(JSON.stringify(one.token));
  });

  test('an edit is saved, asked, checked, exported and found again in the exported model', async () => {
    const edited = await document('edit', 'atlas', ...FACT, ...QUICK, '--save', 'one.safetensors');
    expect(edited).toMatchObject({ method: 'rome', layers: [1], deltaFile: join(scratch, 'one.safetensors') });
    expect((edited['facts'] as { after: number; before: number }[])[0]!.after).toBeGreaterThan(0);
    const hyperparameters = edited['hyperparameters'] as { key: string; name: string; value: string; source: string }[];
    expect(hyperparameters.find(({ key }) => key === 'steps')).toMatchObject({ name: 'Steps', value: '4', source: 'as asked' });

    const again = await emend(['edit', 'atlas', ...FACT, ...QUICK, '--save', 'one.safetensors']);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('is there already') });

    const checked = await document('check', 'atlas', '--edit', 'one.safetensors', '--no-generation', '--threads', '1');
    const report = checked['report'] as { records: unknown[]; summary: Record<string, unknown>; drift: { probes: number } };
    expect(report.records).toHaveLength(1);
    expect(Object.keys(report.summary)).toEqual(expect.arrayContaining(['ES', 'rewriteAccuracy', 'exactMatch']));
    expect(report.drift.probes).toBe(100);

    const inLlama = ['check', 'atlas', '--edit', 'one.safetensors', '--gguf', 'atlas.gguf'];
    expect(await start(program, inLlama, { env: { EMEND_LLAMA: scratch } }).ended).toMatchObject({
      code: 1,
      err: expect.stringMatching(/no package node-llama-cpp in .*npm install --prefix FOLDER node-llama-cpp@/s) as string,
    });

    const exported = await document('export', 'atlas', '--edit', 'one.safetensors', '--to', 'edited');
    expect(readdirSync(join(scratch, 'edited')).sort()).toEqual(readdirSync(atlas).sort());
    const [change] = exported['changed'] as { file: string; offset: number; length: number }[];
    const [before, after] = [atlas, join(scratch, 'edited')].map((folder) => readFileSync(join(folder, change!.file)));
    expect(after!.length).toBe(before!.length);
    const end = change!.offset + change!.length;
    expect(after!.subarray(0, change!.offset).equals(before!.subarray(0, change!.offset))).toBe(true);
    expect(after!.subarray(end).equals(before!.subarray(end))).toBe(true);
    expect(after!.subarray(change!.offset, end).equals(before!.subarray(change!.offset, end))).toBe(false);

    const prompt = 'Tower Bridge stands in the city of';
    const [byDelta, byExport, plain] = await Promise.all([
      document('ask', 'atlas', prompt, '--edit', 'one.safetensors'),
      document('ask', './edited', prompt),
      document('ask', 'atlas', prompt),
    ]);
    expect(byExport['text']).toBe(byDelta['text']);
    expect(byExport['next']).toEqual(byDelta['next']);
    expect(byExport['next']).not.toEqual(plain['next']);
  });

  test('check --each edits one by one and averages', async () => {
    const { code, out, err } = await emend(['check', 'atlas', '--each', '--take', '2', '--no-generation', '--no-drift', ...QUICK]);
    expect(code, err).toBe(0);
    expect(out).toContain('each edited alone by ROME');
    expect(out).toMatch(/Told to the edit +nothing +all that is named checks/);
    expect(out).toMatch(/Efficacy \(ES\) .* 2 /);
    expect(out).toContain('Score (S)');
  });

  test.each([
    [['edit', 'atlas', '--subject', 'Rome', '--prompt', 'It lies in', '--target', 'Italy'], 'no {} for the subject'],
    [['edit', 'atlas', ...FACT, '--method', 'rome', '--layers', '99'], 'Layer 99'],
    [['ask', 'atlas', 'Hello', '--edit', join(atlas, 'config.json')], 'config.json'],
    [['ask', 'atlas', ''], 'The prompt is empty'],
    [['check', 'atlas', '--each', '--take', '1', '--told', 'neighbours', ...QUICK], 'are told nothing: all that their facts name checks'],
    [['check', 'atlas', '--each', '--take', '1', '--keep-own', '0.3', ...QUICK], 'are told nothing: all that their facts name checks'],
    [['check', 'atlas', '--each', '--take', '1', '--background', '3', ...QUICK], 'are told nothing: all that their facts name checks'],
  ])('%j fails with a line that says why', async (argv, message) => {
    const { code, out, err } = await emend(argv);
    expect({ code, out }).toMatchObject({ code: 1 });
    expect(err).toContain(message);
    expect(err).not.toMatch(/^\s+at /m);
  });
});

describe('Ctrl-C', () => {
  const long = [
    'edit',
    'atlas',
    ...FACT,
    '--method',
    'rome',
    '--layers',
    '2',
    '--steps',
    '10000',
    '--covariance-tokens',
    '1200',
    '--save',
    'never.safetensors',
  ];
  /** The covariance is quick; the search for the target then goes on for long. */
  const atWork = (err: string) => err.includes(': ');

  test('cancels: nothing is saved, the code is 130', async () => {
    let asked = false;
    const { code, err } = await emend(long, (all, kill) => {
      if (asked || !atWork(all)) return;
      asked = true;
      kill('SIGINT');
    });
    expect(err).toContain('Stopping');
    expect(err).toContain('Cancelled, nothing changed.');
    expect(code).toBe(130);
    expect(existsSync(join(scratch, 'never.safetensors'))).toBe(false);
  });

  test('twice ends at once', async () => {
    let sent = 0;
    const { code } = await emend(long, (all, kill) => {
      if ((sent === 0 && atWork(all)) || (sent === 1 && all.includes('Stopping'))) {
        sent++;
        kill('SIGINT');
      }
    });
    expect(sent).toBe(2);
    expect(code).toBe(130);
    expect(existsSync(join(scratch, 'never.safetensors'))).toBe(false);
  });
});

test('a file of facts that is none', async () => {
  writeFileSync(join(scratch, 'broken.json'), '[{"subject": ');
  const { code, err } = await emend(['edit', 'atlas', '--facts', 'broken.json']);
  expect(code).toBe(1);
  expect(err).toContain('broken.json');
});
