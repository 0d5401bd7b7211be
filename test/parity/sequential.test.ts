import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { keyCovariance } from '../../electron/engine/edit/covariance.ts';
import { fullDelta, withDelta } from '../../electron/engine/edit/delta.ts';
import { covarianceMetric, dampedMetric, type Metric, nullSpaceMetric, usedDirections } from '../../electron/engine/edit/metric.ts';
import { solveKeys } from '../../electron/engine/edit/solve.ts';
import { spread, type SpreadOptions } from '../../electron/engine/edit/spread.ts';
import { Statistics } from '../../electron/engine/edit/statistics.ts';
import { symmetricEigen } from '../../electron/engine/linalg/eigen.ts';
import { matrix, type Matrix, stacked, turned } from '../../electron/engine/linalg/matrix.ts';
import { silent } from '../../shared/progress.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorFloats, tensorInts } from '../../electron/engine/onnx/tensors.ts';
import { foldersOf, root } from '../fixtures.ts';

const Numbers = v.array(v.number());
const Request = v.object({
  rows: v.array(Numbers),
  subject_last: Numbers,
  target_start: Numbers,
  target: Numbers,
  kl_row: Numbers,
  kl_subject_last: v.number(),
});
const Batches = v.object({
  published: v.object({ repo: v.string(), file: v.string() }),
  family: v.string(),
  layers: Numbers,
  batches: v.array(v.object({ facts: Numbers })),
  settings: v.looseObject({
    mom2_update_weight: v.number(),
    update_norm_lambda: v.number(),
    emmet_lambda: v.number(),
    blue: v.boolean(),
    nullspace_threshold: v.optional(v.number()),
    L2: v.optional(v.number()),
    neuron_threshold: v.optional(v.number()),
    max_iterations: v.optional(v.number()),
    alpha: v.optional(v.number()),
    upper_bound: v.optional(v.number()),
  }),
  requests: v.array(Request),
});
const Joint = v.object({
  family: v.string(),
  layers: Numbers,
  single_layer: v.number(),
  lambda_: v.number(),
  mu: v.number(),
  protected: Numbers,
  L2: v.number(),
  removed: v.number(),
  requests: v.array(Request),
});

type Settings = v.InferOutput<typeof Batches>['settings'];

/** What a published file does, as options of the one solve. */
interface Published {
  readonly metric: (statistics: Statistics, layer: number, settings: Settings) => Metric;
  /** Whether keys of earlier batches are held. */
  readonly remembers: boolean;
  readonly options?: (settings: Settings, facts: number) => SpreadOptions;
  /** Whether targets are found on the model before all batches. */
  readonly onBase?: boolean;
}

const covariance: Published['metric'] = (statistics, layer, s) => covarianceMetric(statistics, layer, s.mom2_update_weight);
const blue = (s: Settings): SpreadOptions => ({ ownTargets: s.blue });
/** EMMET writes one fact to the letter, and several a little softer. */
const emmet = (s: Settings, facts: number): SpreadOptions => ({ softness: facts > 1 ? s.emmet_lambda : 0 });

/** By repository and file, as the goldens name where their numbers come from. */
const PUBLISHED: Readonly<Record<string, Published>> = {
  'memit_main.py': { metric: covariance, remembers: false, options: blue },
  'memit_seq_main.py': { metric: covariance, remembers: true, options: blue },
  'encore_main.py': {
    metric: (statistics, layer, s) => dampedMetric(statistics, layer, s.mom2_update_weight, s.update_norm_lambda),
    remembers: true,
  },
  'AlphaEdit_main.py': {
    metric: (statistics, layer, s) =>
      nullSpaceMetric(usedDirections(symmetricEigen(statistics.covariance(layer)), s.nullspace_threshold!), s.L2!),
    remembers: true,
    options: blue,
  },
  'unified-model-editing emmet_main.py': { metric: covariance, remembers: false, options: emmet },
  'encore emmet_main.py': { metric: covariance, remembers: true, options: emmet },
  'nse_main.py': {
    metric: covariance,
    remembers: true,
    onBase: true,
    options: (s) => ({ passes: s.max_iterations! - 1, far: { above: s.alpha!, below: s.upper_bound! }, neuronShare: s.neuron_threshold! }),
  },
};

function publishedOf({ repo, file }: { repo: string; file: string }): Published {
  const name = basename(file);
  const found = PUBLISHED[`${repo} ${name}`] ?? PUBLISHED[name];
  if (!found) throw new Error(`no method is known for ${repo}/${file}`);
  return found;
}

const cases = foldersOf('sequential', 'golden.safetensors');
const attained: string[] = [];

/** What a case stands on: the small model of its family, its covariance, and its search settings. */
async function ground(family: string, layers: readonly number[]) {
  const folder = join(root, 'memit', family);
  const spec = v.parse(
    v.looseObject({
      steps: v.number(),
      lr: v.number(),
      weight_decay: v.number(),
      kl_factor: v.number(),
      clamp: v.number(),
      early_stop_loss: v.number(),
    }),
    JSON.parse(readFileSync(join(folder, 'memit.json'), 'utf8')),
  );
  const stored = readSafetensors(join(folder, 'memit.safetensors'));
  const corpus = stored.tensors.get('corpus_ids')!;
  const ids = tensorInts(stored, corpus);
  const [texts, length] = corpus.dims as [number, number];
  const rows = Array.from({ length: texts }, (_, t) => ids.slice(t * length, (t + 1) * length));
  const decoder = await Decoder.open(join(folder, 'model.onnx'));
  const statistics = new Statistics(await keyCovariance(decoder, layers, rows, silent));
  const search = {
    steps: spec.steps,
    learningRate: spec.lr,
    weightDecay: spec.weight_decay,
    klFactor: spec.kl_factor,
    clamp: spec.clamp,
    stopBelow: spec.early_stop_loss,
  };
  return { decoder, statistics, search };
}

function tokensOf(request: v.InferOutput<typeof Request>) {
  return {
    rows: request.rows.map((ids, i) => ({ ids, subjectLast: request.subject_last[i]!, targetStart: request.target_start[i]! })),
    target: request.target,
    kl: { ids: request.kl_row, subjectLast: request.kl_subject_last },
  };
}

function holder(name: string, folder: string) {
  const golden = readSafetensors(join(folder, 'golden.safetensors'));
  const line = [name];
  return {
    line,
    has: (key: string) => golden.tensors.has(key),
    tensor: (key: string): Matrix => {
      const tensor = golden.tensors.get(key)!;
      const [rows, columns = 1] = tensor.dims as [number, number?];
      return matrix(rows, columns, Float64Array.from(tensorFloats(golden, tensor)));
    },
    hold(key: string, found: ArrayLike<number>, wanted: ArrayLike<number>, limit = 1e-2) {
      const relative = relativeError(found, wanted);
      line.push(`${key} ${relative.toExponential(1)}`);
      expect(relative, key).toBeLessThan(limit);
    },
  };
}

describe.skipIf(cases.length === 0)('sequential', () => {
  afterAll(() => console.log(attained.join('\n')));

  test.each(cases)('$name', async ({ name, folder }) => {
    const json: unknown = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
    const golden = holder(name, folder);
    if (v.is(Joint, json)) await joint(json, golden);
    else await inBatches(v.parse(Batches, json), golden);
    attained.push(golden.line.join('  '));
  });
});

type Golden = ReturnType<typeof holder>;

/** The published loops, batch after batch. */
async function inBatches(spec: v.InferOutput<typeof Batches>, golden: Golden): Promise<void> {
  const published = publishedOf(spec.published);
  const { decoder, statistics, search } = await ground(spec.family, spec.layers);
  const facts = spec.requests.map(tokensOf);
  const metrics = new Map<number, Metric>();
  const metricAt = (layer: number): Metric => {
    const metric = metrics.get(layer) ?? published.metric(statistics, layer, spec.settings);
    metrics.set(layer, metric);
    return metric;
  };
  const numbers = { ...search, layers: spec.layers, covarianceWeight: spec.settings.mom2_update_weight };
  const targetsOnBase = published.onBase ? (await spread(decoder, facts, numbers, statistics, silent)).targets : undefined;
  let edited = decoder;
  const earlier: ReturnType<typeof tokensOf>[] = [];
  for (const [b, batch] of spec.batches.entries()) {
    const some = batch.facts.map((n) => facts[n]!);
    const result = await spread(edited, some, numbers, statistics, silent, {
      metricAt,
      ...(published.remembers ? { earlier } : {}),
      ...(targetsOnBase ? { known: batch.facts.map((n) => targetsOnBase[n]!) } : {}),
      ...published.options?.(spec.settings, some.length),
    });
    for (const weight of result.delta.weights)
      golden.hold(`b${b}.delta_w.${weight.layer}`, fullDelta(weight).data, golden.tensor(`b${b}.delta_w.${weight.layer}`).data);
    edited = withDelta(edited, result.delta);
    earlier.push(...some);
  }
}

/** The joint solve of all facts from the base: by its algebra on one layer, and as the edit does it on all. */
async function joint(spec: v.InferOutput<typeof Joint>, golden: Golden): Promise<void> {
  const { decoder, statistics, search } = await ground(spec.family, [...new Set([...spec.layers, spec.single_layer])]);
  const metric = covarianceMetric(statistics, spec.single_layer, spec.lambda_);
  const [keys, missing] = [turned(golden.tensor('keys.single')), turned(golden.tensor('residual.single'))];
  const everyone = spec.requests.map((_, n) => n);
  const held = (which: readonly number[], epsilon: number) => {
    const written = everyone.filter((n) => !which.includes(n));
    return solved(rowsOf(keys, [...written, ...which]), rowsOf(missing, written), [...written.map(() => 1), ...which.map(() => epsilon)]);
  };
  const solved = async (k: Matrix, r: Matrix, softness: number[], by = metric) =>
    product(r, await solveKeys({ keys: k, softness, written: r.rows }, by));
  const rest = everyone.filter((n) => n !== spec.removed);
  const ones = (n: readonly unknown[]) => n.map(() => 1);
  golden.hold('single', await solved(keys, missing, ones(everyone)), golden.tensor('delta_w.single').data, 1e-5);
  golden.hold(
    'without one',
    await solved(rowsOf(keys, rest), rowsOf(missing, rest), ones(rest)),
    golden.tensor(`delta_w.minus_fact_${spec.removed}`).data,
    1e-5,
  );
  golden.hold('protected', await held(spec.protected, 1 / spec.mu), golden.tensor('delta_w.protected').data, 1e-5);
  golden.hold('protected hard', await held(spec.protected, 0), golden.tensor('delta_w.protected_hard').data, 1e-5);

  const facts = spec.requests.map(tokensOf);
  const numbers = { ...search, layers: spec.layers, covarianceWeight: spec.lambda_ };
  const { delta } = await spread(decoder, facts, numbers, statistics, silent);
  for (const weight of delta.weights)
    golden.hold(`multi.${weight.layer}`, fullDelta(weight).data, golden.tensor(`delta_w.multi.${weight.layer}`).data);
  const other = [...facts].reverse();
  const again = await spread(decoder, other, numbers, statistics, silent);
  for (const [i, weight] of again.delta.weights.entries())
    golden.hold(`another order.${weight.layer}`, fullDelta(weight).data, fullDelta(delta.weights[i]!).data, 1e-4);
}

function rowsOf(m: Matrix, rows: readonly number[]): Matrix {
  return stacked(
    rows.map((r) => matrix(1, m.columns, m.data.slice(r * m.columns, (r + 1) * m.columns))),
    m.columns,
  );
}

/** rᵀ·x, D × F. */
function product(r: Matrix, x: Matrix): Float64Array {
  const out = new Float64Array(r.columns * x.columns);
  for (let n = 0; n < r.rows; n++)
    for (let d = 0; d < r.columns; d++)
      for (let f = 0; f < x.columns; f++) out[d * x.columns + f]! += r.data[n * r.columns + d]! * x.data[n * x.columns + f]!;
  return out;
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
