import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { DIVERGENCES } from '../../../shared/steering/intervention.ts';
import { ScoreSession } from '../../../electron/engine/decoder/score.ts';
import { multipleChoice } from '../../../electron/engine/evaluate/multiple-choice.ts';
import { steered } from '../../../electron/engine/steer/apply.ts';
import { bucketOf } from '../../../electron/engine/steer/methods/dola.ts';
import { isTied } from '../../../electron/engine/steer/tied.ts';
import { Golden, ids, name, steerCases, steeringOf, written } from './cases.ts';

const numbers = v.array(v.number());
const Answers = v.object({ true: numbers, false: numbers });
const Spec = v.object({
  tied: v.boolean(),
  dola: v.object({
    buckets: v.object({ low: numbers, high: numbers }),
    generation: v.array(
      v.object({
        name: v.string(),
        candidates: numbers,
        relative_top: v.number(),
        repetition_penalty: v.number(),
        norm: v.boolean(),
        divergence: v.optional(v.literal('jsd')),
        prompt: ids,
        generated: ids,
        chosen: numbers,
        scores: name,
        chosen_by_jsd: v.optional(v.nullable(v.array(v.nullable(v.number())))),
      }),
    ),
    multiple_choice_items: v.array(v.object({ prompt: ids, true: v.array(ids), false: v.array(ids), best: v.number() })),
    multiple_choice: v.array(
      v.object({
        setting: v.string(),
        norm: v.boolean(),
        mode: v.string(),
        candidates: numbers,
        items: v.array(
          v.object({
            ...Answers.entries,
            chosen: v.object({ true: v.array(numbers), false: v.array(numbers) }),
            MC1: v.number(),
            MC2: v.number(),
            MC3: v.number(),
          }),
        ),
      }),
    ),
  }),
});

const cases = steerCases();
const said: string[] = [];
const SCORINGS: Record<string, 'truthfulqa' | 'factor'> = { TruthfulQA: 'truthfulqa', FACTOR: 'factor' };
const CODED = { relativeTop: 0.1, repetitionPenalty: 1, norm: false, divergence: 'coded', scoring: 'truthfulqa' } as const;

describe.skipIf(cases.length === 0)('DoLa', () => {
  afterAll(() => console.log(said.join('\n')));
  test.each(cases)('$name', async (case_) => {
    const golden = await Golden.open(case_);
    const { dola, tied } = v.parse(Spec, golden.json);
    const { decoder } = golden;
    expect(isTied(decoder)).toBe(tied);
    for (const bucket of ['low', 'high'] as const) expect(bucketOf(bucket, golden.spec.layers, tied)).toEqual(dola.buckets[bucket]);
    for (const run of dola.generation) {
      const rule = {
        ...CODED,
        kind: 'dola' as const,
        candidates: run.candidates,
        relativeTop: run.relative_top,
        repetitionPenalty: run.repetition_penalty,
        norm: run.norm,
        divergence: DIVERGENCES[run.divergence === 'jsd' ? 1 : 0],
      };
      const { generated, steps, exits } = await written(steered(decoder, steeringOf([], rule)), run.prompt, run.generated.length);
      const scores = golden.columns(steps.flatMap((step) => [...step]));
      golden.hold(`dola ${run.name}`, scores, golden.floats(run.scores));
      expect(generated, run.name).toEqual(run.generated);
      expect(
        exits.map((exit) => exit ?? run.candidates[0]),
        run.name,
      ).toEqual(run.chosen);
    }
    for (const setting of dola.multiple_choice) {
      const baseline = setting.candidates.length === 0;
      const rule = {
        ...CODED,
        kind: 'dola' as const,
        candidates: setting.candidates,
        norm: setting.norm,
        scoring: SCORINGS[setting.setting]!,
      };
      const session = await ScoreSession.create(baseline ? decoder : steered(decoder, steeringOf([], rule)), { prepack: false });
      for (const [at, item] of dola.multiple_choice_items.entries()) {
        const wanted = setting.items[at]!;
        const score = async (answers: readonly (readonly number[])[]) =>
          session.score(answers.map((answer) => ({ ids: [...item.prompt, ...answer], from: item.prompt.length })));
        const sums = { true: [] as number[], false: [] as number[] };
        for (const side of ['true', 'false'] as const) {
          const tokens = await score(item[side]);
          sums[side] = tokens.map((some) => some.reduce((sum, { logProbability }) => sum + logProbability, 0));
          golden.hold(`lm_score ${setting.setting}`, sums[side], wanted[side], 1e-3);
          if (setting.candidates.length > 1) expect(tokens.map((some) => some.map(({ exit }) => exit))).toEqual(wanted.chosen[side]);
        }
        const found = multipleChoice({ ...sums, best: item.best });
        expect([found.MC1, found.MC3]).toEqual([wanted.MC1, wanted.MC3]);
        golden.hold('MC2', [found.MC2], [wanted.MC2]);
      }
      await session.release();
    }
    said.push(`${case_.name}: ${golden.said()}`);
  });
});
