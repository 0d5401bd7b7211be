import * as ort from 'onnxruntime-node';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EmendError } from '../../../shared/errors.ts';
import { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { Generator } from '../../../electron/engine/decoder/generate.ts';
import { lossGraph } from '../../../electron/engine/edit/suffix.ts';
import { save, temporaryFolder } from '../onnx/models.ts';
import { DEFECTS } from './defects.ts';
import { mini, type Mini, miniModel, tokenRows } from './mini.ts';

const shapes: fc.Arbitrary<{ -readonly [K in keyof Mini]?: Mini[K] }> = fc.record({
  layers: fc.constantFrom(1, 2, 3),
  cache: fc.boolean(),
  norms: fc.constantFrom('pre', 'parallel', 'post', 'branch'),
  gated: fc.boolean(),
  flat: fc.boolean(),
  rows: fc.constantFrom('all', 'last'),
  mask: fc.boolean(),
  layout: fc.constantFrom('in-out', 'out-in'),
  tokenTypes: fc.constantFrom('none', 'unused'),
  keyNorm: fc.boolean(),
  inNodes: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1000 }),
  names: fc.constantFrom<Record<string, string>>({}, { input_ids: 'tokens', attention_mask: 'attn_mask', position_ids: 'pos_position' }),
});

/** The next token's logits as the file gives them by itself, one row at a time and without any cache. */
async function plainly(file: string, choices: Partial<Mini>, row: readonly number[]): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(file);
  const ints = (values: readonly number[]) => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  const named = (name: string) => choices.names?.[name] ?? name;
  const known: Record<string, ort.Tensor> = {
    [named('input_ids')]: ints(row),
    [named('attention_mask')]: ints(row.map(() => 1)),
    [named('position_ids')]: ints(row.map((_, at) => at)),
    token_type_ids: ints(row.map(() => 0)),
  };
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => [name, known[name] ?? new ort.Tensor('float32', new Float32Array(), [1, 2, 0, 4])]),
  );
  const logits = (await session.run(feeds))['logits']!;
  await session.release();
  return (logits.data as Float32Array).slice(-logits.dims.at(-1)!);
}

describe('what a model proves before anything is offered', () => {
  test('is accepted and right, or refused by name', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.option(fc.constantFrom(...Object.keys(DEFECTS)), { nil: undefined, freq: 3 }), async (shape, defect) => {
        const { choices, change, told } = defect === undefined ? {} : DEFECTS[defect]!;
        const made = { ...shape, ...choices };
        if (made.flat && made.rows === 'last') made.rows = 'all'; // it would be the last row of all texts
        const model = miniModel(made);
        if (change) model.graph.inputs = change(model.graph.inputs);
        const file = save({ ...model, folder: temporaryFolder() });
        const opened = await Decoder.open(file, { threads: 1 }).catch((error: unknown) => error);
        if (told) {
          const found = opened instanceof EmendError ? opened.message : 'it was opened';
          expect(found, JSON.stringify({ made, defect })).toMatch(told);
          return;
        }
        if (!(opened instanceof Decoder)) throw new Error(`${JSON.stringify(made)}: ${(opened as EmendError).message}`);
        expect(opened.anatomy.layers).toHaveLength(made.layers!);
        const rows = tokenRows([3, 7, 1]);
        const generator = await Generator.create(opened);
        const found = await generator.next(rows);
        await generator.release();
        for (const [at, row] of rows.entries()) {
          const expected = await plainly(file, made, row);
          found[at]!.forEach((logit, i) => expect(logit, JSON.stringify({ made, row })).toBeCloseTo(expected[i]!, 3));
        }
        for (const { mlp } of opened.anatomy.layers) {
          if (made.inNodes) expect(mlp.refusal?.reason).toMatch(/not among the constants/);
          else expect(mlp.refusal).toBeUndefined();
          if (!mlp.refusal) expect(() => lossGraph(opened, mlp.output)).not.toThrow();
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test.each(Object.entries(DEFECTS))('%s', async (_, { choices = {}, change, told }) => {
    const model = miniModel(choices);
    if (change) model.graph.inputs = change(model.graph.inputs);
    await expect(Decoder.open(save({ ...model, folder: temporaryFolder() }))).rejects.toThrow(told);
  });

  test('a norm in front of the down-projection: the key is what it gives', async () => {
    const { anatomy } = await mini({ keyNorm: true, gated: true, inner: 12 });
    expect(anatomy.layers.map(({ mlp }) => [mlp.gated, mlp.down.inWidth, mlp.refusal])).toEqual([
      [true, 12, undefined],
      [true, 12, undefined],
    ]);
  });
});
