import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { LAST, type Positions } from '../../../shared/steering/positions.ts';
import { silent } from '../../../shared/progress.ts';
import { matrix, type Matrix } from '../../../electron/engine/linalg/matrix.ts';
import { accuracyOf, logistic } from '../../../electron/engine/linalg/logistic.ts';
import { logisticDirection, meanDifference, projections, rowsOf, uncentredComponent } from '../../../electron/engine/steer/direction.ts';
import { bestHeads, type Head, headPart, massMean, probes, spreadAlong } from '../../../electron/engine/steer/iti.ts';
import {
  clusterReading,
  controlDirection,
  meanReading,
  pairAccuracy,
  pcaReading,
  scores,
  type Shuffled,
} from '../../../electron/engine/steer/lat.ts';
import { textsIn } from '../../../electron/engine/steer/methods/iti.ts';
import { addition } from '../../../electron/engine/steer/methods/actadd.ts';
import { placeOf } from '../../../electron/engine/steer/sites.ts';
import { headsOf, hiddenState, statesAt } from '../../../electron/engine/steer/states.ts';
import { Golden, holdRun, holdWritten, ids, logitsOf, name, one, steerCases, steeringOf } from './cases.ts';
import { steered } from '../../../electron/engine/steer/apply.ts';

const numbers = v.array(v.number());
const Run = v.object({
  alpha: v.number(),
  prompt: ids,
  logits_last: name,
  logits_all: name,
  generated: ids,
  step_logits: name,
  generated_all: ids,
  step_logits_all: name,
  third_step_without_cache: name,
  probe_direction: v.optional(v.nullable(v.object({ theta: name, sigma: numbers, logits_all: name }))),
});
const pairs = v.array(v.tuple([ids, ids]));
const Spec = v.object({
  actadd: v.object({
    cases: v.array(
      v.object({ layer: v.number(), coefficient: v.number(), plus: ids, minus: ids, vector: name, plus_hidden: name, minus_hidden: name }),
    ),
  }),
  iti: v.object({
    sequences: v.array(ids),
    labels: numbers,
    question: numbers,
    tuning: v.array(ids),
    activations: v.optional(name),
    folds: v.array(
      v.object({
        train: numbers,
        val: numbers,
        accuracies: numbers,
        chosen: v.number(),
        heads: v.array(v.tuple([v.number(), v.number()])),
        sigma: numbers,
        sigma_ddof1: numbers,
        mass_mean: name,
        theta: name,
        coefficients: name,
        coefficients_converged: name,
        intercepts_converged: numbers,
        runs: v.optional(v.array(Run), []),
      }),
    ),
  }),
  repe: v.object({
    pairs,
    labels: v.array(v.tuple([v.number(), v.number()])),
    test_pairs: pairs,
    hidden_layers: numbers,
    layers: v.record(
      v.string(),
      v.object({ sign: v.number(), accuracy: v.number(), eigen_gap: v.number(), votes: v.optional(v.tuple([v.number(), v.number()])) }),
    ),
    tensors: v.object({
      hidden_of_first_pair: name,
      directions: name,
      means: name,
      scores: name,
      mean_difference: name,
      cluster_mean: name,
    }),
    cluster_mean: v.object({ signs: numbers }),
  }),
  caa: v.object({ pairs, layer: v.number(), last: name, before_last: name, pca: name, logistic: name }),
  repeng: v.optional(
    v.object({ pairs, blocks: numbers, pca_center: name, pca_diff: name, votes: v.optional(v.array(v.tuple([v.number(), v.number()]))) }),
  ),
});

const cases = steerCases();
const said: string[] = [];

describe.skipIf(cases.length === 0)('fitted steering', () => {
  afterAll(() => console.log(said.join('\n')));
  test.each(cases)('$name', async (case_) => {
    const golden = await Golden.open(case_);
    const spec = v.parse(Spec, golden.json);
    const { decoder } = golden;
    const width = golden.spec.hidden;
    const rowOf = (all: Float32Array, row: number, size = width) => all.subarray(row * size, (row + 1) * size);

    for (const of of spec.actadd.cases) {
      const found = await addition(decoder, of.layer, of.plus, of.minus, silent);
      golden.hold(
        'actadd vector',
        found.data.map((x) => x * of.coefficient),
        golden.floats(of.vector),
      );
      const hidden = golden.floats(of.plus_hidden).map((x, i) => x - golden.floats(of.minus_hidden)[i]!);
      golden.hold('actadd states', found.data, hidden);
    }

    await holdIti(golden, spec.iti);

    const { repe } = spec;
    const positiveFirst = repe.labels.map(([first]) => first === 1);
    const names = repe.hidden_layers.map((hidden) => hiddenState(decoder, golden.spec.layers + 1 + hidden));
    const both = await statesAt(decoder, repe.pairs.flat(), names, 0, silent);
    const tested = await statesAt(decoder, repe.test_pairs.flat(), names, 0, silent);
    const halves = (all: Matrix) => {
      const every = (from: number) => Array.from({ length: all.rows / 2 }, (_, i) => 2 * i + from);
      return [rowsOf(all, every(0)), rowsOf(all, every(1))] as const;
    };
    for (const [at, hidden] of repe.hidden_layers.entries()) {
      const [first, second] = halves(both[at]!);
      const shuffled: Shuffled = { first, second, positiveFirst };
      const reading = pcaReading(shuffled);
      const wanted = repe.layers[String(hidden)]!;
      const of = (tensor: string, row = at, size = width) => rowOf(golden.floats(tensor), row, size);
      golden.hold('repe hidden of first pair', both[at]!.data.subarray(0, 2 * width), of(repe.tensors.hidden_of_first_pair, at, 2 * width));
      golden.hold('repe directions', reading.direction, of(repe.tensors.directions));
      golden.hold('repe means', reading.mean, of(repe.tensors.means));
      golden.hold('repe scores', scores(reading, tested[at]!), of(repe.tensors.scores, at, tested[at]!.rows));
      golden.hold('repe mean difference', meanReading(shuffled).direction, of(repe.tensors.mean_difference));
      const cluster = clusterReading(shuffled);
      golden.hold('repe cluster mean', cluster.direction, of(repe.tensors.cluster_mean));
      expect(cluster.sign).toBe(repe.cluster_mean.signs[at]);
      expect(reading.sign, `sign ${hidden}`).toBe(wanted.sign);
      if (wanted.votes) expect(reading.votes).toEqual(wanted.votes);
      golden.hold('repe eigen gap', [reading.gap], [wanted.eigen_gap]);
      const [positive, negative] = halves(tested[at]!);
      expect(pairAccuracy(reading, { positive, negative }), `accuracy ${hidden}`).toBe(wanted.accuracy);
    }

    const { caa } = spec;
    const block = placeOf(decoder, 'residual', caa.layer).name;
    const sides = async (before: number) => {
      const [positive, negative] = halves((await statesAt(decoder, caa.pairs.flat(), [block], before, silent))[0]!);
      return { positive, negative };
    };
    const last = await sides(0);
    golden.hold('caa last', meanDifference(last.positive, last.negative), golden.floats(caa.last));
    const before = await sides(1);
    golden.hold('caa before last', meanDifference(before.positive, before.negative), golden.floats(caa.before_last));
    golden.hold('caa pca', uncentredComponent(last.positive, last.negative).direction, golden.floats(caa.pca));
    // scikit-learn stops early.
    golden.hold('caa logistic', await logisticDirection(last.positive, last.negative), golden.floats(caa.logistic), 5e-3);

    const { repeng } = spec;
    if (repeng) {
      const values = repeng.blocks.map((at) => hiddenState(decoder, at + 1));
      const states = await statesAt(decoder, repeng.pairs.flat(), values, 0, silent);
      for (const [at, all] of states.entries()) {
        const [positive, negative] = halves(all);
        for (const centering of ['pca_center', 'pca_diff'] as const) {
          const { direction, sign, votes } = controlDirection({ positive, negative }, centering);
          golden.hold(
            `repeng ${centering}`,
            direction.map((x) => x * sign),
            rowOf(golden.floats(repeng[centering]), at),
          );
          if (repeng.votes && centering === 'pca_center') {
            const projected = [projections(positive, direction), projections(negative, direction)];
            expect(projected[0]!.filter((x, i) => x !== projected[1]![i]).length).toBe(votes[0] + votes[1]);
            expect([...votes].sort()).toEqual([...repeng.votes[at]!].sort());
          }
        }
      }
    }
    said.push(`${case_.name}: ${golden.said()}`);
  });
});

async function holdIti(golden: Golden, spec: v.InferOutput<typeof Spec>['iti']): Promise<void> {
  const { decoder } = golden;
  const { layers, heads, head_size: size } = golden.spec;
  const names = Array.from({ length: layers }, (_, layer) => headsOf(decoder, layer));
  const all = await statesAt(decoder, spec.sequences, names, 0, silent);
  const tuning = await statesAt(decoder, spec.tuning, names, 0, silent);
  const part =
    (of: readonly Matrix[]) =>
    ({ layer, head }: Head) =>
      headPart(of[layer]!, head, size);
  if (spec.activations !== undefined) {
    const found = spec.sequences.flatMap((_, i) => all.flatMap((of) => [...of.data.subarray(i * heads * size, (i + 1) * heads * size)]));
    golden.hold('iti activations', found, golden.floats(spec.activations));
  }
  const labels = spec.labels.map((label) => label === 1);
  const every = Array.from({ length: layers * heads }, (_, i): Head => ({ layer: Math.floor(i / heads), head: i % heads }));
  const examples = spec.question.map((group, i) => ({ ids: spec.sequences[i]!, label: labels[i]!, group }));
  for (const fold of spec.folds) {
    const [train, validation] = [textsIn(examples, fold.train), textsIn(examples, fold.val)];
    const fitted = [...train, ...validation].sort((a, b) => a - b);
    const found = await probes(every, part(all), labels, { train, validation }, silent);
    expect(found.map(({ accuracy }) => accuracy)).toEqual(fold.accuracies);
    golden.hold(
      'iti probes',
      found.flatMap(({ probe }) => [...probe.weights]),
      golden.floats(fold.coefficients_converged),
    );
    golden.hold(
      'iti probes as published',
      found.flatMap(({ probe }) => [...probe.weights]),
      golden.floats(fold.coefficients),
      5e-3,
    );
    golden.hold(
      'iti intercepts',
      found.map(({ probe }) => probe.intercept),
      fold.intercepts_converged,
    );
    golden.hold(
      'iti mass mean',
      every.flatMap((head) => [...massMean(part(all)(head), labels, fitted)]),
      golden.floats(fold.mass_mean),
    );
    const chosen = bestHeads(found, fold.chosen);
    expect(chosen.map(({ layer, head }) => [layer, head])).toEqual(fold.heads);
    const spreads = chosen.map((head) => spreadAlong(massMean(part(all)(head), labels, fitted), part(tuning)(head), 0));
    golden.hold(
      'iti theta',
      spreads.flatMap(({ theta }) => [...theta]),
      golden.floats(fold.theta),
    );
    golden.hold(
      'iti sigma',
      spreads.map(({ sigma }) => sigma),
      fold.sigma,
    );
    const sample = chosen.map((head) => spreadAlong(massMean(part(all)(head), labels, fitted), part(tuning)(head), 1).sigma);
    golden.hold('iti sigma n − 1', sample, fold.sigma_ddof1);
    const everywhere: Positions = { kind: 'all' };
    for (const run of fold.runs) {
      const shift = (of: readonly { theta: Float64Array; sigma: number }[], positions: Positions) =>
        steeringOf(
          chosen.map(({ layer, head }, at) => ({
            site: 'heads' as const,
            head,
            layers: [layer],
            positions,
            operator: 'add' as const,
            strength: { value: run.alpha, unit: 'sigma' as const },
            sigma: [of[at]!.sigma],
            vectors: one(Float32Array.from(of[at]!.theta)),
          })),
        );
      await holdRun(golden, 'iti last', shift(spreads, LAST), run.prompt, { ...run, logits: run.logits_last });
      if (run === fold.runs[0]) await holdWritten(golden, 'iti written', shift(spreads, LAST), run.prompt, run);
      const written = { logits: run.logits_all, generated: run.generated_all, step_logits: run.step_logits_all };
      await holdRun(golden, 'iti all', shift(spreads, everywhere), run.prompt, written);
      // What is not the published rule: the text so far taken as one prompt, of which only the last token is steered.
      const longer = [...run.prompt, ...run.generated.slice(0, 2)];
      const again = await logitsOf(steered(decoder, shift(spreads, LAST)), longer);
      golden.hold('iti without cache', golden.columns(again.slice(-golden.spec.vocabulary)), golden.floats(run.third_step_without_cache));
      if (run.probe_direction) {
        const own = chosen.map((head) => {
          const { probe } = found.find(({ layer, head: at }) => layer === head.layer && at === head.head)!;
          return spreadAlong(probe.weights, part(tuning)(head), 0);
        });
        golden.hold(
          'iti probe direction',
          own.flatMap(({ theta }) => [...theta]),
          golden.floats(run.probe_direction.theta),
          5e-3,
        );
        golden.hold(
          'iti probe sigma',
          own.map(({ sigma }) => sigma),
          run.probe_direction.sigma,
          5e-3,
        );
      }
    }
  }
  // A probe tells what it was fitted on better than chance.
  const some = matrix(4, 1, Float64Array.of(-2, -1, 1, 2));
  expect(accuracyOf(await logistic(some, [false, false, true, true], true), some, [false, false, true, true])).toBe(1);
}
