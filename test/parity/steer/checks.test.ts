import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { silent } from '../../../shared/progress.ts';
import { DIVERGENCES } from '../../../shared/steering/intervention.ts';
import type { Positions } from '../../../shared/steering/positions.ts';
import { ScoreSession } from '../../../electron/engine/decoder/score.ts';
import { exactMC2, multipleChoice } from '../../../electron/engine/evaluate/multiple-choice.ts';
import { crossEntropy, klOfRows, textShifts } from '../../../electron/engine/evaluate/text-shift.ts';
import { GraphBuilder } from '../../../electron/engine/onnx/build.ts';
import type { Graph } from '../../../electron/engine/onnx/graph.ts';
import { encodeModel } from '../../../electron/engine/onnx/write.ts';
import { logSoftmax, penalised } from '../../../electron/engine/runtime/sampling.ts';
import { value } from '../../../electron/engine/runtime/surgery.ts';
import { steered } from '../../../electron/engine/steer/apply.ts';
import { divergences, implausible } from '../../../electron/engine/steer/dola.ts';
import { root } from '../../fixtures.ts';
import { Golden, ids, name, one, steerCases, steeringOf } from './cases.ts';

const numbers = v.array(v.number());
const maybe = v.array(v.nullable(v.number()));
const Numbers = v.object({
  multiple_choice: v.array(
    v.object({
      name: v.string(),
      true: numbers,
      false: numbers,
      best: v.number(),
      MC1: v.number(),
      MC2: v.number(),
      MC3: v.number(),
      MC2_exact: v.number(),
    }),
  ),
  repetition_penalty: v.array(v.object({ penalty: v.number(), seen: numbers, scores: maybe, expected: maybe })),
  plausibility: v.array(v.object({ relative_top: v.number(), logits: numbers, kept: v.array(v.boolean()), log_softmax: numbers })),
  text: v.array(
    v.object({
      ids,
      plain: v.array(numbers),
      steered: v.array(numbers),
      ce_plain: v.number(),
      ce_steered: v.number(),
      kl: v.number(),
      kl_without_clamp: v.number(),
    }),
  ),
  dola_divergence: v.array(
    v.object({
      final: numbers,
      candidates: v.array(numbers),
      coded: numbers,
      jsd: numbers,
      chosen_coded: v.number(),
      chosen_jsd: v.number(),
    }),
  ),
});

const file = join(root, 'steer', 'checks', 'steering-checks.json');
const close = (found: ArrayLike<number>, wanted: ArrayLike<number>, limit = 1e-6) => {
  expect(found.length).toBe(wanted.length);
  Array.from(found, (x, i) => expect(Math.abs(x - wanted[i]!)).toBeLessThan(limit));
};

/** Runs what `build` makes of float inputs. */
async function ran(inputs: Record<string, { data: number[]; dims: number[] }>, build: (b: GraphBuilder) => string): Promise<ort.Tensor> {
  const graph: Graph = {
    name: 'g',
    inputs: Object.entries(inputs).map(([n, { dims }]) => value(n, 'float32', dims)),
    outputs: [],
    nodes: [],
    constants: new Map(),
  };
  const b = new GraphBuilder(graph, 't');
  const out = build(b);
  graph.nodes = b.take();
  graph.outputs = [value(out)];
  const model = { folder: '', file: 't', irVersion: 8, opsets: new Map([['', 18]]), producer: '', metadata: {}, functions: [], graph };
  const session = await ort.InferenceSession.create(encodeModel(model));
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([n, { data, dims }]) => [n, new ort.Tensor('float32', Float32Array.from(data), dims)]),
  );
  const result = (await session.run(feeds))[out]!;
  await session.release();
  return result;
}

describe.skipIf(!existsSync(file))('numbers in, numbers out', () => {
  const spec = v.parse(Numbers, JSON.parse(existsSync(file) ? readFileSync(file, 'utf8') : '{}'));
  test.each(spec.multiple_choice)('MC: $name', (item) => {
    const { MC1, MC2, MC3 } = multipleChoice(item);
    expect([MC1, MC3]).toEqual([item.MC1, item.MC3]);
    close([MC2, exactMC2(item)], [item.MC2, item.MC2_exact]);
  });
  test('repetition penalty', () => {
    for (const { penalty, seen, scores, expected } of spec.repetition_penalty) {
      const found = penalised(
        Float32Array.from(scores, (x) => x ?? -Infinity),
        penalty,
        seen,
      );
      found.forEach((x, i) => (expected[i] === null ? expect(x).toBe(-Infinity) : expect(x).toBeCloseTo(expected[i]!, 6)));
    }
  });
  test('plausibility', async () => {
    for (const { relative_top: top, logits, kept, log_softmax: wanted } of spec.plausibility) {
      close(logSoftmax(Float32Array.from(logits)), wanted);
      const below = await ran({ x: { data: logits, dims: [1, logits.length] } }, (b) =>
        implausible(b, b.op('LogSoftmax', ['x'], { axis: -1 }), top),
      );
      expect([...(below.data as Uint8Array)].map((x) => x === 0)).toEqual(kept);
    }
  });
  test('CE and KL', () => {
    for (const text of spec.text) {
      const [plain, after] = [text.plain, text.steered].map((rows) => rows.map((row) => Float32Array.from(row)));
      close([crossEntropy(plain!, text.ids), crossEntropy(after!, text.ids)], [text.ce_plain, text.ce_steered]);
      close([klOfRows(plain!, after!), klOfRows(plain!, after!, 0)], [text.kl, text.kl_without_clamp]);
    }
  });
  test('divergences of exits', async () => {
    for (const item of spec.dola_divergence) {
      const [n, width] = [item.candidates.length, item.final.length];
      const inputs = { final: { data: item.final, dims: [1, width] }, exits: { data: item.candidates.flat(), dims: [1, n, width] } };
      const wanted = { coded: item.coded, 'jensen-shannon': item.jsd };
      const chosen = { coded: item.chosen_coded, 'jensen-shannon': item.chosen_jsd };
      for (const kind of DIVERGENCES) {
        const found = (await ran(inputs, (b) => divergences(b, kind, 'final', 'exits'))).data as Float32Array;
        close(found, wanted[kind]);
        expect(found.indexOf(Math.max(...found))).toBe(chosen[kind]);
      }
    }
  });
});

const Choice = v.object({ true: numbers, false: numbers });
const Spec = v.object({
  iti: v.object({
    folds: v.array(
      v.object({
        heads: v.array(v.tuple([v.number(), v.number()])),
        sigma: numbers,
        theta: name,
        multiple_choice_items: v.optional(v.array(v.object({ prompt: ids, true: v.array(ids), false: v.array(ids) })), []),
        runs: v.optional(v.array(v.object({ alpha: v.number(), multiple_choice: v.array(v.record(v.string(), Choice)) })), []),
      }),
    ),
  }),
  caa: v.object({ layer: v.number(), multiplier: v.number(), last: name }),
  checks: v.object({ texts: v.array(ids), ce_plain: numbers, ce_steered: numbers, kl: numbers }),
});

/** Where an answer is steered from, by what the goldens call it. */
const FROM: Record<string, Positions | undefined> = {
  published: { kind: 'answer', offset: 4 },
  all: { kind: 'all' },
  from_prompt_end: { kind: 'answer', offset: -1 },
};
/** Tokens at the beginning of an answer that the published code does not count. */
const DROPPED = 3;

const cases = steerCases();
const said: string[] = [];

describe.skipIf(cases.length === 0)('checks of steering', () => {
  afterAll(() => console.log(said.join('\n')));
  test.each(cases)('$name', async (case_) => {
    const golden = await Golden.open(case_);
    const spec = v.parse(Spec, golden.json);
    const { decoder } = golden;
    const { caa, checks } = spec;
    const strength = { value: caa.multiplier, unit: 'raw' as const };
    const part = {
      site: 'residual' as const,
      layers: [caa.layer],
      operator: 'add' as const,
      strength,
      vectors: one(golden.floats(caa.last)),
    };
    const found = await textShifts(decoder, steered(decoder, steeringOf([{ ...part, positions: { kind: 'all' } }])), checks.texts, silent);
    golden.hold(
      'ce plain',
      found.map(({ before }) => before),
      checks.ce_plain,
    );
    golden.hold(
      'ce steered',
      found.map(({ after }) => after),
      checks.ce_steered,
    );
    golden.hold(
      'kl',
      found.map(({ kl }) => kl),
      checks.kl,
    );
    for (const { heads, sigma, theta, runs, multiple_choice_items: items } of spec.iti.folds) {
      const directions = golden.floats(theta);
      const width = golden.spec.head_size;
      for (const run of runs.filter(({ multiple_choice: some }) => some.length > 0))
        for (const way of Object.keys(run.multiple_choice[0]!).filter((key) => !key.endsWith('_all_tokens'))) {
          const positions = FROM[way];
          const shifted = () =>
            steered(
              decoder,
              steeringOf(
                heads.map(([layer, head], at) => ({
                  site: 'heads' as const,
                  head,
                  layers: [layer],
                  positions: positions!,
                  operator: 'add' as const,
                  strength: { value: run.alpha, unit: 'sigma' as const },
                  sigma: [sigma[at]!],
                  vectors: one(directions.slice(at * width, (at + 1) * width)),
                })),
              ),
            );
          const session = await ScoreSession.create(positions ? shifted() : decoder, { prepack: false });
          for (const [at, item] of items.entries())
            for (const side of ['true', 'false'] as const) {
              const scores = await session.score(
                item[side].map((answer) => ({ ids: [...item.prompt, ...answer], from: item.prompt.length })),
              );
              const sums = (from: number) =>
                scores.map((some) => some.slice(from).reduce((sum, { logProbability }) => sum + logProbability, 0));
              golden.hold(`mc ${way}`, sums(DROPPED), run.multiple_choice[at]![way]![side]);
              golden.hold(`mc ${way}`, sums(0), run.multiple_choice[at]![`${way}_all_tokens`]![side]);
            }
          await session.release();
        }
    }
    said.push(`${case_.name}: ${golden.said()}`);
  });
});
