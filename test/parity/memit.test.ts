import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { keyCovariance } from '../../electron/engine/edit/covariance.ts';
import { fullDelta, withDelta } from '../../electron/engine/edit/delta.ts';
import { spread } from '../../electron/engine/edit/spread.ts';
import { Statistics } from '../../electron/engine/edit/statistics.ts';
import { silent } from '../../shared/progress.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorFloats, tensorInts } from '../../electron/engine/onnx/tensors.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { rightPad } from '../../electron/engine/runtime/inputs.ts';
import { floats } from '../../electron/engine/runtime/session.ts';
import { Stage } from '../../electron/engine/decoder/stage.ts';
import { type Case, casesOf } from '../fixtures.ts';

const Numbers = v.array(v.number());
const Memit = v.object({
  layers: Numbers,
  lambda_: v.number(),
  steps: v.number(),
  lr: v.number(),
  weight_decay: v.number(),
  kl_factor: v.number(),
  clamp: v.number(),
  early_stop_loss: v.number(),
  requests: v.array(
    v.object({
      rows: v.array(Numbers),
      subject_last: Numbers,
      target_start: Numbers,
      target: Numbers,
      kl_row: Numbers,
      kl_subject_last: v.number(),
    }),
  ),
  loss_history_nll_kl_decay: v.array(v.array(v.tuple([v.number(), v.number(), v.number()]))),
});

const cases = casesOf('memit');
const attained: string[] = [];

describe.skipIf(cases.length === 0)('memit', () => {
  afterAll(() => console.log(attained.join('\n')));
  test.each(cases)('$name', async ({ name, folder, model }: Case) => {
    const spec = v.parse(Memit, JSON.parse(readFileSync(join(folder, 'memit.json'), 'utf8')));
    const golden = readSafetensors(join(folder, 'memit.safetensors'));
    const expected = (key: string) => {
      const tensor = golden.tensors.get(key)!;
      return { dims: tensor.dims, data: tensorFloats(golden, tensor) };
    };
    const line = [name];
    const hold = (what: string, found: ArrayLike<number>, wanted: ArrayLike<number>, limit: number) => {
      const relative = relativeError(found, wanted);
      line.push(`${what} ${relative.toExponential(1)}`);
      expect(relative, what).toBeLessThan(limit);
    };
    const decoder = await Decoder.open(model);
    const corpus = golden.tensors.get('corpus_ids')!;
    const ids = tensorInts(golden, corpus);
    const [texts, length] = corpus.dims as [number, number];
    const covariance = await keyCovariance(
      decoder,
      spec.layers,
      Array.from({ length: texts }, (_, t) => ids.slice(t * length, (t + 1) * length)),
      silent,
    );
    expect(covariance.tokens).toBe(texts * length);
    for (const l of spec.layers) hold(`covariance.${l}`, covariance.layers.get(l)!.data, expected(`covariance.${l}`).data, 1e-5);

    const facts = spec.requests.map((r) => ({
      rows: r.rows.map((row, i) => ({ ids: row, subjectLast: r.subject_last[i]!, targetStart: r.target_start[i]! })),
      target: r.target,
      kl: { ids: r.kl_row, subjectLast: r.kl_subject_last },
    }));
    const settings = {
      layers: spec.layers,
      covarianceWeight: spec.lambda_,
      steps: spec.steps,
      learningRate: spec.lr,
      weightDecay: spec.weight_decay,
      klFactor: spec.kl_factor,
      clamp: spec.clamp,
      stopBelow: spec.early_stop_loss,
    };
    const result = await spread(decoder, facts, settings, new Statistics(covariance), silent);
    result.targets.forEach((t, i) => {
      expect(t.history.length, 'steps').toBe(spec.loss_history_nll_kl_decay[i]!.length);
      hold(
        `loss.${i}`,
        t.history.map((h) => h[0] + h[1] + h[2]),
        spec.loss_history_nll_kl_decay[i]!.map((h) => h[0] + h[1] + h[2]),
        5e-3,
      );
    });
    const z = expected('z');
    const n = facts.length;
    result.targets.forEach((t, i) =>
      hold(
        `z.${i}`,
        t.z,
        Array.from(t.z, (_, d) => z.data[d * n + i]!),
        5e-3,
      ),
    );
    for (const step of result.steps) {
      hold(`keys.${step.layer}`, step.keys.data, transposed(expected(`keys.${step.layer}`)), 1e-2);
      hold(`adj_k.${step.layer}`, step.solved.data, transposed(expected(`adj_k.${step.layer}`)), 1e-2);
    }
    for (const weight of result.delta.weights)
      hold(`delta_w.${weight.layer}`, fullDelta(weight).data, expected(`delta_w.${weight.layer}`).data, 1e-2);

    const edited = withDelta(decoder, result.delta);
    for (const [j, fact] of facts.entries()) {
      const logits = await (await Stage.create(edited, undefined, [edited.anatomy.logits])).run(rightPad([fact.rows[0]!.ids]));
      hold(`logits_after.${j}`, floats(logits, edited.anatomy.logits), expected(`logits_after.${j}`).data, 1e-2);
    }
    attained.push(line.join('  '));
  });
});

function transposed({ dims, data }: { dims: readonly number[]; data: Float32Array }): Float32Array {
  const [rows, columns] = dims as [number, number];
  return data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** ‖found − wanted‖ / ‖wanted‖. */
function relativeError(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let difference = found.length === wanted.length ? 0 : Infinity;
  let size = 0;
  for (let i = 0; i < wanted.length; i++) {
    difference += (found[i]! - wanted[i]!) ** 2;
    size += wanted[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}
