import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { handlersOn } from '../../electron/engine/handlers/index.ts';
import { OpenModels } from '../../electron/engine/handlers/open-models.ts';
import { writeSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { silent } from '../../shared/progress.ts';

const folder = join(import.meta.dirname, '../../models/atlas');
process.env['EMEND_THREADS'] ??= '1'; // small models are done soonest by one thread
const jobs = handlersOn(new OpenModels());
const context = { ...silent, say: () => undefined };
const PROMPT = 'The landmark Eiffel Tower is in the city of';

test('a trace finds what restores the answer: the subject’s last token early, the last token late', async () => {
  const { facts } = JSON.parse(readFileSync(join(folder, 'facts.json'), 'utf8')) as { facts: { subject: string }[] };
  const report = await jobs.trace(
    {
      model: { folder },
      prompt: 'The landmark {} is in the city of',
      subject: 'Eiffel Tower',
      subjects: facts.map(({ subject }) => subject),
      settings: { samples: 10, seed: 1, level: 3, window: 2, kinds: ['hidden', 'mlp'] },
    },
    context,
  );
  expect(report.prompt).toBe(PROMPT);
  expect(report.answer.text.trim()).toBe('Paris');
  expect(report.tokens.filter(({ isSubject }) => isSubject).map(({ text }) => text)).toEqual([' Eiffel', ' Tower']);
  // The deviation that the authors' code finds over the same subjects (fixtures, locate/atlas).
  expect(report.deviation).toMatchObject({ subjects: 2090, value: expect.closeTo(0.06216, 4) as number });
  expect(report.high).toBeGreaterThan(0.99);
  expect(report.low).toBeLessThan(0.5);
  const { hidden, mlp } = report.scores;
  expect([hidden!.length, hidden![0]!.length, mlp!.length]).toEqual([9, 8, 9]);
  expect(hidden!.at(-1)!.at(-1)).toBeCloseTo(report.high, 4);
  expect(hidden![3]![1]).toBeGreaterThan(report.low);
  expect(hidden![0]).toEqual(Array.from({ length: 8 }, () => report.low)); // before the subject nothing was changed
});

test('the lens ends in what the model says, and the parts add up to it', async () => {
  const watched = ['Paris', 'London'];
  const seen = await jobs.lens({ model: { folder }, prompt: PROMPT, watched, top: 3 }, context);
  expect(seen.places.length).toBe(9);
  const end = seen.places.at(-1)!.at(-1)!;
  expect(seen.texts[end.top[0]!.id]!.trim()).toBe('Paris');
  expect(end.klToFinal).toBe(0);
  expect(end.watched[0]!.rank).toBe(0);
  const parts = await jobs.attribute({ model: { folder }, prompt: PROMPT, watched }, context);
  expect(parts.watched.map(({ text }) => text.trim())).toEqual(watched);
  expect(parts.residue).toBeLessThan(1e-4);
  parts.total.forEach((logit, at) => expect(logit).toBeCloseTo(end.watched[at]!.logit, 3));
  const { n_head: heads } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { n_head: number };
  expect(parts.heads.map((layer) => layer.length)).toEqual(Array.from({ length: 8 }, () => heads));
});

test('severed traces start from the ordinary one, end where nothing lies above, and differ by their draws as coded', async () => {
  const asked = {
    model: { folder },
    prompt: 'The landmark {} is in the city of',
    subject: 'Eiffel Tower',
    subjects: [],
    settings: { samples: 3, seed: 1, level: 3, kinds: ['hidden'] as const },
  };
  const meant = await jobs.trace({ ...asked, severed: 'meant' }, context);
  const { token, ordinary, mlp, attention } = meant.severed!;
  expect(meant.tokens[token]!.text).toBe(' Tower');
  ordinary.forEach((score, layer) => expect(score).toBeCloseTo(meant.scores.hidden![token]![layer]!, 5));
  // Behind the last layer there is nothing to sever, and the state of another token reaches nothing.
  for (const scores of [ordinary, mlp, attention]) expect(scores.at(-1)).toBeCloseTo(meant.low, 5);
  expect(mlp[0]).not.toBeCloseTo(ordinary[0]!, 3);
  const coded = await jobs.trace({ ...asked, severed: 'coded' }, context);
  expect(coded.severed!.ordinary).toEqual(ordinary);
  expect(coded.severed!.mlp).not.toEqual(mlp);
  expect((await jobs.trace(asked, context)).severed).toBeUndefined();
});

describe('a tuned lens', () => {
  const place = mkdtempSync(join(tmpdir(), 'emend-tuned-'));
  afterAll(() => rmSync(place, { recursive: true }));
  const { n_embd: width, n_layer: layers } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, number>;
  /** A file of translators; of those left out nothing. */
  const written = (name: string, translators: Readonly<Record<string, { dims: number[]; values: Float32Array }>>): string => {
    const entries = Object.entries(translators).map(
      ([key, { dims, values }]) => [key, { dtype: 'float32' as const, dims, bytes: new Uint8Array(values.buffer) }] as const,
    );
    const file = join(place, `${name}.safetensors`);
    writeFileSync(file, writeSafetensors(new Map(entries)));
    return file;
  };
  const square = () => ({ dims: [width!, width!], values: new Float32Array(width! ** 2) });
  const all = (prefix = '') => Object.fromEntries(Array.from({ length: layers! }, (_, l) => [`${prefix}${l}.weight`, square()]));
  const seen = (tuned?: string) => jobs.lens({ model: { folder }, prompt: PROMPT, watched: ['Paris'], top: 2, tuned }, context);

  test('that adds nothing is the logit lens; one that doubles a state leaves what a norm sees of it', async () => {
    const plain = await seen();
    const { tuned, ...rest } = await seen(written('nothing', all('layer_translators.')));
    expect(tuned).toBe('nothing.safetensors');
    expect(rest).toEqual(plain);
    const doubled = all();
    for (const { values } of Object.values(doubled)) for (let i = 0; i < width!; i++) values[i * (width! + 1)] = 1;
    const twice = await seen(written('doubled', doubled));
    twice.places.flat().forEach(({ watched }, at) => {
      expect(watched[0]!.logit).toBeCloseTo(plain.places.flat()[at]!.watched[0]!.logit, 2);
    });
  });

  test('that puts one state in place of a layer’s says the same of all tokens there, and changes nothing elsewhere', async () => {
    const plain = await seen();
    const away = all();
    const negated = away['3.weight']!.values;
    for (let i = 0; i < width!; i++) negated[i * (width! + 1)] = -1;
    const bias = new Float32Array(width!).map((_, i) => Math.sin(i));
    const moved = await seen(written('moved', { ...away, '3.bias': { dims: [width!], values: bias } }));
    // In front of layer 3 all states are the same one; the others are as they were.
    const [first, ...others] = moved.places[3]!;
    for (const other of others) expect(other.watched[0]!.logit).toBeCloseTo(first!.watched[0]!.logit, 5);
    expect(moved.places.filter((_, at) => at !== 3)).toEqual(plain.places.filter((_, at) => at !== 3));
  });

  test.each([
    ['short', () => Object.fromEntries(Object.entries(all()).slice(0, -1)), '7.weight'],
    ['long', () => ({ ...all(), '8.weight': square() }), '8.weight'],
    ['narrow', () => ({ ...all(), '2.weight': { dims: [2, 2], values: new Float32Array(4) } }), '2.weight'],
    ['biased', () => ({ ...all(), '0.bias': { dims: [3], values: new Float32Array(3) } }), '0.bias'],
  ])('of another shape (%s) is refused by the tensor’s name', async (name, made, tensor) => {
    await expect(seen(written(name, made()))).rejects.toThrow(new RegExp(`no tuned lens of this model: .*"${tensor}"`));
  });
});
