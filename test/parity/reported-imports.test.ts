import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Generator } from '../../electron/engine/decoder/generate.ts';
import { check } from '../../electron/engine/handlers/check.ts';
import { edit } from '../../electron/engine/handlers/edit.ts';
import { exportModel } from '../../electron/engine/handlers/export.ts';
import { inspect } from '../../electron/engine/handlers/inspect.ts';
import { OpenModels } from '../../electron/engine/handlers/open-models.ts';
import { recordOf } from '../../electron/engine/records.ts';
import { logSoftmax } from '../../electron/engine/runtime/sampling.ts';
import { EmendError } from '../../shared/errors.ts';
import { silent } from '../../shared/progress.ts';
import { root } from '../fixtures.ts';

/**
 * Reported cases of models: each folder is found by itself. Those that hold a tokenizer alone are held to their ids in unit/text/reported.
 * A model is refused by name, or it answers as expected.json says; and a layer that is offered can be edited, through to the exported file.
 */
const reports = join(root, 'reports', 'import');
const cases = !existsSync(reports)
  ? []
  : readdirSync(reports).filter((name) =>
      readdirSync(join(reports, name, 'input'), { recursive: true }).some((file) => String(file).endsWith('.onnx')),
    );

interface Expected {
  readonly prompt?: string;
  readonly ids?: readonly number[];
  readonly top?: readonly (readonly [id: number, probability: number])[];
  readonly greedy_ids?: readonly number[];
  readonly tolerance?: number;
  readonly path?: string;
  readonly labels?: number;
  readonly past_length_fixed?: number;
  readonly tokenizer_size?: number;
  readonly layers?: number;
  readonly key_width?: number;
}

const FACT = { subject: 'France', prompt: 'The capital of {} is', target: 'Rome' };
const GREEDY = { temperature: 0, topK: 1, topP: 1, repetitionPenalty: 1, seed: 0 };
const context = { ...silent, say: () => undefined };
let scratch: string;

/** The input of a case in a folder of its own: links, which the fixtures keep as the texts of where they lead, are links again. */
function laidOut(name: string): string {
  const folder = join(scratch, name);
  cpSync(join(reports, name, 'input'), folder, { recursive: true, verbatimSymlinks: true });
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (!file.isFile()) continue;
    const text = readFileSync(path, 'latin1');
    if (!/^(\.\.\/)+blobs\/\w+\s*$/.test(text)) continue;
    rmSync(path);
    symlinkSync(text.trim(), path);
  }
  return folder;
}

describe.runIf(cases.length > 0)('reported models', () => {
  const cache = process.env['EMEND_CACHE'];
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'emend-imports-'));
    process.env['EMEND_CACHE'] = join(scratch, 'cache');
  });
  afterAll(() => {
    if (cache === undefined) delete process.env['EMEND_CACHE'];
    else process.env['EMEND_CACHE'] = cache;
    rmSync(scratch, { recursive: true, force: true });
  });

  it.each(cases)('%s', async (name) => {
    const expected = JSON.parse(readFileSync(join(reports, name, 'expected.json'), 'utf8')) as Expected;
    const folder = join(laidOut(name), ...(expected.path ?? 'input').split('/').slice(1));
    const models = new OpenModels();
    const opened = await models.open({ folder }).catch((error: unknown) => error);
    if (opened instanceof EmendError) {
      expect(opened.code).toBe('unsupported');
      expect(`${opened.message} ${opened.hint}`).not.toMatch(/ONNX Runtime|cache input/i);
      if (expected.labels !== undefined) expect(opened.message).toMatch(/classifies|labels/);
      if (expected.past_length_fixed !== undefined) expect(opened.message).toMatch(/cache .* fixed length/);
      if (expected.top !== undefined) expect(opened.message).toMatch(/exactly 1 text at a time|mask of rank 4/);
      return;
    }
    if (opened instanceof Error) throw opened;
    expect(expected.labels, 'a head that is no language model’s').toBeUndefined();
    const { decoder, tokenizer } = opened as Awaited<ReturnType<OpenModels['open']>>;
    const found = await inspect(models, { model: { folder } });
    expect(found.parameters).toBeGreaterThan(10_000);
    if (expected.layers !== undefined) expect(found.layers).toHaveLength(expected.layers);
    if (expected.key_width !== undefined) expect(found.layers[0]!.keyWidth).toBe(expected.key_width);
    const variants = readdirSync(join(decoder.source.folder)).filter((file) => file.endsWith('.onnx') && file !== decoder.source.file);
    for (const other of variants) expect(found.warnings.join('\n')).toContain(other);

    if (expected.prompt !== undefined) {
      const ids = tokenizer.encode(expected.prompt);
      if (expected.ids) expect(ids).toEqual(expected.ids);
      const generator = await Generator.create(decoder);
      const logp = logSoftmax((await generator.next([ids]))[0]!);
      for (const [id, probability] of expected.top ?? [])
        expect(Math.abs(Math.exp(logp[id]!) - probability), `token ${id}`).toBeLessThan(expected.tolerance ?? 1e-4);
      const made = await generator.continue([ids], { maxTokens: expected.greedy_ids?.length ?? 1, sampling: GREEDY });
      if (expected.greedy_ids) expect(made[0]).toEqual(expected.greedy_ids);
      expect(typeof tokenizer.continuation(made[0]!)).toBe('string');
      await generator.release();
    }

    for (const { layer, refusal } of found.layers) {
      if (refusal) continue;
      const delta = join(scratch, `${name}-${layer}.safetensors`);
      await edit(
        models,
        { model: { folder }, facts: [FACT], method: 'rome', choices: { layers: [layer], steps: 3, covarianceTokens: 300 }, save: delta },
        context,
      );
      const records = [recordOf(FACT, '0')];
      const options = { generation: false, exactMatch: false } as const;
      const measured = await check(models, { model: { folder, delta }, records, options }, context);
      const target = join(scratch, `${name}-${layer}-out`);
      await exportModel(models, { model: { folder, delta }, target }, context);
      const exported = await check(new OpenModels(), { model: { folder: target }, records, options }, context);
      expect(exported.records[0]!.rewrite.wanted!.nll).toBeCloseTo(measured.records[0]!.rewrite.wanted!.nll, 5);
      const before = await check(models, { model: { folder }, records, options }, context);
      expect(exported.records[0]!.rewrite.wanted!.nll).not.toBeCloseTo(before.records[0]!.rewrite.wanted!.nll, 5);
    }
  });
});
